"""Walks paths as JSONata does, on exact values.

A path that meets only objects is a chain of look-ups. Where it meets an array, JSONata maps over it and
flattens: a sequence of one is its item, a sequence of none is nothing, and an array found as it stands at
the last step stays as it is. The rules follow the published processing model
(https://docs.jsonata.org/processing) and the reference implementation's behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from trunkline.connectors.mapping.exact import UNDEFINED

Evaluate: TypeAlias = Callable[[Any], Any]
"""A compiled part of an expression: from the context to a value, or ``UNDEFINED``."""


class _Gathered(list[Any]):
    """A sequence that a path gathered, unlike an array that stood in the record."""


Step: TypeAlias = tuple[Evaluate, Sequence[Evaluate]]
"""What a step computes for one item, and the filters that its result passes."""


def names(path: Sequence[str]) -> Evaluate:
    """Compile a path of field names: a chain of look-ups, and the whole rules where it meets an array."""
    walk = steps([(name(part), ()) for part in path])
    first, *rest = path
    if not rest:
        return lambda context: context.get(first, UNDEFINED) if type(context) is dict else walk(context)

    def look_up(context: Any) -> Any:
        value = context
        for part in path:
            if type(value) is not dict:
                return walk(context)
            value = value.get(part, UNDEFINED)
        return value

    return look_up


def name(wanted: str) -> Evaluate:
    """Compile the look-up of one field in one item."""

    def look_up(item: Any) -> Any:
        if type(item) is dict:
            return item.get(wanted, UNDEFINED)
        return _collapsed(_gather(item, wanted)) if isinstance(item, list) else UNDEFINED

    return look_up


def _gather(items: list[Any], wanted: str) -> _Gathered:
    found = _Gathered()
    for item in items:
        value = _gather(item, wanted) if isinstance(item, list) else name(wanted)(item)
        if isinstance(value, list):
            found.extend(value)
        elif value is not UNDEFINED:
            found.append(value)
    return found


def steps(path: Sequence[Step]) -> Evaluate:
    """Compile a path of any steps."""
    last = len(path) - 1

    def walk(context: Any) -> Any:
        items = context if isinstance(context, list) else [context]
        for number, (evaluate, filters) in enumerate(path):
            items = _step(items, evaluate, filters, keep=number == last)
            if not items:
                break
        found = _collapsed(items)
        return list(found) if type(found) is _Gathered else found

    return walk


def _step(items: list[Any], evaluate: Evaluate, filters: Sequence[Evaluate], *, keep: bool) -> list[Any]:
    results = []
    for item in items:
        value = evaluate(item)
        for chosen in filters:
            if value is not UNDEFINED:
                value = chosen(value)
        if value is not UNDEFINED:
            results.append(value)
    if keep and len(results) == 1 and type(results[0]) is list:
        return results[0]
    return _flattened(results)


def _flattened(results: list[Any]) -> _Gathered:
    found = _Gathered()
    for value in results:
        if isinstance(value, list):
            found.extend(value)
        else:
            found.append(value)
    return found


def _collapsed(found: list[Any]) -> Any:
    if type(found) is not _Gathered or len(found) > 1:
        return found
    return found[0] if found else UNDEFINED


def index(position: int) -> Evaluate:
    """Compile the filter ``[position]``; a negative one counts from the end."""

    def pick(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        if not -len(items) <= position < len(items):
            return _Gathered()
        item = items[position]
        return item if isinstance(item, list) else _Gathered([item])

    return pick


def where(condition: Callable[[Any], bool]) -> Evaluate:
    """Compile the filter ``[condition]``."""

    def pick(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        return _Gathered([item for item in items if condition(item)])

    return pick
