"""By which values two records are one thing: the custom property ``match`` of a contract, compiled.

``match: [[email], [phone, postcode]]`` is of groups: records whose values agree in all fields of one group
are of one thing, whatever their keys. Texts are compared by Unicode NFKC, without the white space around
them, with one space for each inside, letters folded; numbers by their exact value. A group counts only where
each of its fields has a value. Called by ``contract``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from trunkline.contracts.field import Field
from trunkline.contracts.keys import Read, key_text, reader
from trunkline.contracts.naming import stated
from trunkline.contracts.odcs import Element, Tokens
from trunkline.contracts.shapes import Shapes
from trunkline.kernel.faults import did_you_mean

PROPERTY = "match"
MOST_GROUPS = 16

_FORM = "a list of groups, each a list of properties: [[email], [phone, postcode]]"
_SCALARS = ("string", "integer", "number", "boolean", "date", "timestamp", "time", "any")


class Sameness(msgspec.Struct, frozen=True):
    """The groups of fields by which records are matched, as paths in the order of the file."""

    groups: tuple[tuple[tuple[str, ...], ...], ...] = ()

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The dotted paths of each group's fields."""
        return tuple(tuple(".".join(path) for path in group) for group in self.groups)

    def reader(self) -> Callable[[Any], tuple[bytes | None, ...]]:
        """Return what reads a decoded record's match values: a text a group, None where one is not whole."""
        groups = [tuple(map(reader, group)) for group in self.groups]
        return lambda record: tuple(_value(record, reads) for reads in groups)


def sameness_of(shapes: Shapes, odcs: Element) -> Sameness:
    """Return how a schema object says that records are matched; what is wrong is noted on ``shapes``."""
    said = stated(shapes, odcs)
    if PROPERTY not in said:
        return Sameness()
    tokens, value = said[PROPERTY]
    if not isinstance(value, list) or not value:
        shapes.notes.fault(tokens, "match names nothing", _FORM)
        return Sameness()
    if len(value) > MOST_GROUPS:
        shapes.notes.fault(tokens, f"match has {len(value)} groups", f"at most {MOST_GROUPS}")
    if not any(element.get("primaryKey") for element in shapes.elements.values()):
        shapes.notes.fault(
            tokens, "match without a primaryKey", "what tells entities apart, before what joins"
        )
    groups: list[tuple[tuple[str, ...], ...]] = []
    for index, group in enumerate(value):
        at = (*tokens, index)
        if not isinstance(group, list) or not group:
            shapes.notes.fault(at, "this is no group of properties", _FORM)
            continue
        paths = tuple(field.path for field in _fields(shapes, at, group))
        if len(set(paths)) < len(paths) or set(paths) in map(set, groups):
            shapes.notes.fault(at, "the same properties again", "each once in a group, and each group once")
        groups.append(paths)
    return Sameness(tuple(groups))


def _fields(shapes: Shapes, at: Tokens, group: list[Any]) -> Iterator[Field]:
    known = {".".join(field.path): field for field in shapes.fields}
    pointers = {field.pointer: field for field in shapes.fields}
    for index, name in enumerate(group):
        field = known.get(str(name)) or pointers.get(str(name))
        if field is None:
            problem, near = f'match names "{name}", which is no property', did_you_mean(str(name), known)
            shapes.notes.fault((*at, index), problem, "a property of this object", near)
        elif "-" in field.path or "*" in field.path or field.kind not in _SCALARS:
            what = f"is an {field.kind}" if field.kind not in _SCALARS else "is inside an array or map"
            shapes.notes.fault((*at, index), f'match names "{name}", which {what}', "a plain property")
        else:
            yield field


def _value(record: Any, reads: tuple[Read, ...]) -> bytes | None:
    parts = []
    for read in reads:
        part = _normal(read(record))
        if part is None:
            return None
        parts.append(part)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _normal(value: Any) -> bytes | None:
    """Return a value so that those are equal which count as one; None where it is empty or no plain value."""
    if isinstance(value, str):
        # folding may undo the normal form, so it is brought there once more
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
        text = " ".join(folded.split())
        return b"t" + text.encode("utf-8", "surrogatepass") if text else None
    if isinstance(value, bool):
        return b"b" + key_text(value).encode()
    if isinstance(value, (int, Decimal)):
        return b"n" + key_text(value).encode()
    return None
