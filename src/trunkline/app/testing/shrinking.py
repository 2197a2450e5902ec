"""From a document that shows a failure to a small one that shows the same: what a person can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from trunkline.kernel import json

MOST_TRIES = 500
"""How many smaller documents are tried for one failure."""


def shrunk(document: Any, fails: Callable[[Any], bool], tries: int = MOST_TRIES) -> Any:
    """Return the smallest document found that ``fails`` as well, after so many tries at most."""
    smallest, size = document, _size(document)
    found = True
    while found:
        found = False
        for smaller in _smaller(smallest):
            if _size(smaller) >= size:
                continue
            if tries <= 0:
                return smallest
            tries -= 1
            if fails(smaller):
                smallest, size, found = smaller, _size(smaller), True
                break
    return smallest


def _size(value: Any) -> tuple[int, bytes]:
    text = json.encode(value)
    return len(text), text


def _smaller(value: Any) -> Iterator[Any]:
    """Yield values with something left out or made plainer, large cuts first."""
    match value:
        case dict():
            yield from ({key: value[key] for key in value if key != name} for name in value)
            yield from (value | {name: inner} for name in value for inner in _smaller(value[name]))
        case list():
            yield from (value[:1], value[: len(value) // 2], []) if len(value) > 1 else ()
            yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
            for at, item in enumerate(value):
                yield from ([*value[:at], inner, *value[at + 1 :]] for inner in _smaller(item))
        case str():
            yield from ("", value[: len(value) // 2], value[:1], "a") if value else ()
        case bool() | None:
            return
        case _:
            yield from (0, 1, -1, int(value))
