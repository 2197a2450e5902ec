"""How records of one major version are made from those of the one before, and back.

Called by ``contract``. The custom property ``cast`` of a schema object or of its file says it: ``before``, a
stream such as ``order@1``, and ``up`` and ``down``, field by field an expression of the mapping language. It
is part of what a version says, so it is registered, compared and kept with it. What the expressions mean is
found out by who compiles them, in ``app``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.contracts.document import Document
from trunkline.contracts.naming import stated
from trunkline.contracts.odcs import Element, Tokens
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.shapes import Shapes
from trunkline.kernel.faults import Fault, did_you_mean

PROPERTY = "cast"

Way: TypeAlias = Literal["up", "down"]

_KEYS = ("before", "up", "down")


class Cast(msgspec.Struct, frozen=True):
    """What a version says of the major version before it, the stream ``before``; a way may have no fields."""

    before: str
    up: Mapping[str, str]
    down: Mapping[str, str]
    document: Document
    tokens: Tokens

    def way(self, way: Way) -> Mapping[str, str]:
        """Return the expressions of one way, by field."""
        return self.up if way == "up" else self.down

    def fault(self, at: Iterable[str | int], problem: str, expected: str = "", hint: str = "") -> Fault:
        """Return a fault at a place of the property, such as ``("up", "total")``."""
        return self.document.fault((*self.tokens, *at), problem, expected, hint)


def cast_of(shapes: Shapes, odcs: Element, name: str, document: Document) -> Cast | None:
    """Return the cast that a schema object called ``name`` states; what is wrong is noted on ``shapes``."""
    said = stated(shapes, odcs)
    if PROPERTY not in said:
        return None
    tokens, value = said[PROPERTY]
    found = Cast("", {}, {}, document, tokens)
    if not isinstance(value, dict):
        shapes.notes.fault(tokens, "a cast without parts", "before: order@1, with up, down or both")
        return None
    for key in value.keys() - set(_KEYS):
        expected = f"one of {', '.join(_KEYS)}"
        shapes.notes.fault((*tokens, key), f'unknown key "{key}"', expected, did_you_mean(key, _KEYS))
    before = str(value.get("before", ""))
    if not _is_earlier(before, name, odcs["version"]):
        expected = f"an earlier major version of {name}, such as {name}@1"
        shapes.notes.fault((*tokens, "before"), f'it is not made from "{before}"', expected)
    ways = {way: _fields(shapes, (*tokens, way), value.get(way, {})) for way in _KEYS[1:]}
    if not any(ways.values()):
        shapes.notes.fault(tokens, "it casts nothing", "up, down or both, each field: expression")
    return msgspec.structs.replace(found, before=before, **ways)


def _is_earlier(stream: str, name: str, version: str) -> bool:
    own, _, major = stream.rpartition("@")
    try:
        return own == name and major.isdecimal() and int(major) < semver(version).major
    except ValueError:
        return True  # the version itself is at fault


def _fields(shapes: Shapes, tokens: Tokens, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        shapes.notes.fault(tokens, "no fields", "field: expression")
        return {}
    for field, expression in value.items():
        if not isinstance(expression, str):
            shapes.notes.fault((*tokens, field), "this is no text", "an expression")
    return {str(field): text for field, text in value.items() if isinstance(text, str)}
