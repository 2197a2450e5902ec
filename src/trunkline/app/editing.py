"""Changing a record by hand: values put into named places, and what differs then, personal values masked."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trunkline.app.masking import masked
from trunkline.contracts.contract import Contract
from trunkline.kernel import json
from trunkline.kernel.errors import TrunklineError


class Difference(msgspec.Struct, frozen=True):
    """A place in a record, as a dotted path, with its value before and after; unset where there was none."""

    path: str
    before: Any = msgspec.UNSET
    after: Any = msgspec.UNSET


def changed(record: Any, values: Mapping[str, bytes]) -> Any:
    """Return a copy of ``record`` with each JSON text of ``values`` at its dotted path.

    A number in a path is an item of an array; a name that an object does not have is added to it. Raises
    ``TrunklineError`` where a path leads nowhere or a value is no JSON.
    """
    new = copy.deepcopy(record)
    for path, text in values.items():
        *parents, name = path.split(".")
        place = new
        for step in parents:
            place = _at(place, step, path)
        try:
            value = json.decode(text)
        except ValueError as error:
            raise TrunklineError(f"the value for {path} is no JSON: {error}") from None
        if isinstance(place, dict):
            place[name] = value
        else:
            _at(place, name, path)
            place[int(name)] = value
    return new


def _at(place: Any, step: str, path: str) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isdecimal() and int(step) < len(place):
        return place[int(step)]
    raise TrunklineError(f'the record has no place {path}: it ends before "{step}"')


def as_json(text: str) -> bytes:
    """Return a value typed by a person as JSON: what is no JSON is a text."""
    try:
        json.decode(text)
    except ValueError:
        return json.encode(text)
    return text.encode()


def differences(old: Any, new: Any, contract: Contract | None) -> list[Difference]:
    """Return every place where two records differ, personal and undescribed values masked."""
    paths = _paths(old, new, ())
    shown = masked(old, contract), masked(new, contract)
    return [Difference(".".join(path), *(_value(record, path) for record in shown)) for path in paths]


def _paths(old: Any, new: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            if name in old and name in new:
                yield from _paths(old[name], new[name], (*at, name))
            else:
                yield (*at, name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _paths(before, after, (*at, str(index)))
    elif type(old) is not type(new) or old != new:
        yield at


def _value(record: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if isinstance(record, dict):
            if step not in record:
                return msgspec.UNSET
            record = record[step]
        else:
            record = record[int(step)]
    return record
