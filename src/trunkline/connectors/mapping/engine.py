"""The JSONata engine, with limits: what is not evaluated exactly by us is evaluated here.

The engine (jlens) computes in binary floats. Records go in and results come out as JSON text, so that
nothing is null that was missing, and each result that no float holds exactly is refused, not rounded.
A mapping stays a pure function of its event: ``$now()`` is when the event was recorded, ``$random()`` is
seeded by its id.
"""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import jlens
import msgspec

from trunkline.connectors.mapping.problem import BrokenRecord, Problem
from trunkline.kernel import json
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.event import Event
from trunkline.kernel.faults import did_you_mean

LARGEST_EXACT: Final = 2**53
"""Beyond this a binary float does not hold every integer (IEEE 754, binary64)."""

_FUNCTIONS = """
    $abs $append $assert $average $base64decode $base64encode $boolean $ceil $clone $contains $count
    $decodeUrl $decodeUrlComponent $distinct $each $encodeUrl $encodeUrlComponent $error $eval $exists
    $filter $floor $formatBase $formatInteger $formatNumber $fromMillis $join $keys $length $lookup
    $lowercase $map $match $max $merge $millis $min $not $now $number $pad $parseInteger $power
    $random $reduce $replace $reverse $round $shuffle $sift $single $sort $split $spread $sqrt $string
    $substring $substringAfter $substringBefore $sum $toMillis $trim $type $uppercase $zip $event
"""
_PLAIN_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds on what the expressions of one mapping may use for one record."""

    timeout_seconds: float = 0.25
    """The longest an evaluation takes; wide, because a busy machine must not fail a sound record."""

    steps: int = 100_000
    """The most evaluation steps: unlike time, the same on every machine."""

    depth: int = 300
    """The deepest nesting of evaluation; one call of a function takes a few levels."""

    string_bytes: int = 1_048_576
    """The longest text made on the way."""

    array_items: int = 10_000
    """The longest array made on the way."""

    result_bytes: int = 1_048_576
    """The largest result, as JSON."""


def check(field: str, text: str) -> Problem | None:
    """Return what is wrong with an expression, or None: its syntax, and names that nothing defines."""
    try:
        bindings = jlens.Expression(text).reads()["bindings"]
    except jlens.JlensError as error:
        column = 0 if error.start is None else error.start + 1
        return Problem(field=field, problem=str(error), expected="a JSONata expression", column=column)
    unknown = sorted(set(bindings) - {"event"})
    if not unknown:
        return None
    name = f"${unknown[0]}"
    return Problem(
        field=field,
        problem=f"nothing defines {name}",
        expected="a function or variable of JSONata, or $event",
        hint=did_you_mean(name, _FUNCTIONS.split()),
        column=text.find(name) + 1,
    )


def reads(text: str) -> frozenset[str]:
    """Return the fields of the record that a valid expression reads, as dotted paths.

    The path of an object that is read whole stands for all of it; the empty path is the whole record.
    """
    return frozenset(_paths(jlens.Expression(text).reads().get("input", {}), ""))


def _paths(read: Any, prefix: str) -> Iterable[str]:
    if read is True:
        yield prefix
        return
    for name, inner in read.items():
        path = f"{prefix}.{quoted(name)}" if prefix else quoted(name)
        yield from _paths(inner, path) if inner else (path,)


def quoted(name: str) -> str:
    """Return a field's name as an expression and ``reads`` write it: in back-quotes unless a plain word."""
    return name if set(name) <= _PLAIN_NAME else f"`{name}`"


class Engine:
    """Several expressions, evaluated together: one call a record.

    They become the values of one object constructor, which leaves out what is undefined.
    """

    def __init__(self, texts: Sequence[str], limits: Limits) -> None:
        source, self._starts = _object_of(texts)
        self._expression = jlens.Expression(source)
        needs = self._expression.reads()
        self._reads = needs.get("input", {})
        self._event = "event" in needs["bindings"] or "everyBinding" in needs
        self._limits = limits
        self._options: dict[str, Any] = {
            "timeout": limits.timeout_seconds,
            "max_depth": limits.depth,
            "max_steps": limits.steps,
            "max_string_length": limits.string_bytes,
            "max_array_length": limits.array_items,
            "max_result_size": limits.result_bytes,
        }

    def evaluate(self, record: Any, event: Event | None) -> dict[int, Any]:
        """Return the value of each expression that has one, by its number.

        Raises ``BrokenRecord`` with the expression's number as second argument where one is to blame.
        """
        given = json.encode(_cut(record, self._reads)).decode()
        try:
            answer = self._expression.evaluate_json(given, **self._bindings(event), **self._options)
        except jlens.JlensError as error:
            raise self._broken(error) from None
        except ValueError:
            raise BrokenRecord("the record holds a number that an expression cannot read") from None
        values = json.decode(answer or "{}")
        for number, value in values.items():
            if not _is_held(value):
                raise BrokenRecord("the result has a number beyond 2**53", int(number))
        return {int(number): value for number, value in values.items()}

    def _bindings(self, event: Event | None) -> dict[str, Any]:
        if event is None:
            return {"now": 0, "seed": 0}
        bindings = {"event": _visible(event)} if self._event else None
        seed = zlib.crc32(event.id.encode())
        return {"bindings": bindings, "now": event.recorded * 1000 // SECOND, "seed": seed}

    def _broken(self, error: jlens.JlensError) -> BrokenRecord:
        # The engine's own text repeats values of the record; its code and place do not.
        if error.start is None:
            return BrokenRecord(f"JSONata error {error.code}")
        number = max(bisect.bisect_right(self._starts, error.start) - 1, 0)
        column = max(error.start - self._starts[number] + 1, 1)
        return BrokenRecord(f"JSONata error {error.code} at column {column}", number)


def _object_of(texts: Sequence[str]) -> tuple[str, list[int]]:
    source, starts = "{", []
    for number, text in enumerate(texts):
        source += f'{"," if number else ""}"{number}":('
        starts.append(len(source))
        source += f"{text}\n)"
    return source + "}", starts


def _cut(value: Any, read: Any) -> Any:
    """Return the part of a record that is read; an integer that a float would round is refused."""
    if isinstance(value, list):
        return [_cut(item, read) for item in value]
    if isinstance(value, dict):
        if read is True:
            return {name: _cut(inner, True) for name, inner in value.items()}
        return {name: _cut(value[name], inner) for name, inner in read.items() if name in value}
    if type(value) is int and abs(value) > LARGEST_EXACT:
        raise BrokenRecord("an expression reads an integer beyond 2**53")
    return value


def _is_held(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_held, value))
    if isinstance(value, dict):
        return all(map(_is_held, value.values()))
    return not json.is_number(value) or abs(value) <= LARGEST_EXACT


def _visible(event: Event) -> dict[str, str]:
    return {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": to_rfc3339(event.time),
        "recorded": to_rfc3339(event.recorded),
        "contract": event.contract,
        "correlation": event.correlation,
    }
