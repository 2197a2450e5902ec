"""An Avro schema as values, and the parser that makes them: bounded, with the place of every fault.

Written to the Avro specification 1.12. Everything about Avro in this package looks at these values; no
library is needed for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

TEXT_BYTES: Final = 1_048_576
"""The longest text of a schema."""

DEEPEST: Final = 64
"""How deep types may stand in one another."""

MOST_TYPES: Final = 10_000
"""How many types one schema may have."""

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMED: Final = ("record", "enum", "fixed")
ABSENT: Final = object()
"""The default of what has none; ``None`` is Avro's null."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BITS: Final = {"int": 31, "long": 63}
_WHOLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class AvroInvalid(ValueError):
    """What was given is no Avro schema; the message begins with the JSON pointer of the fault."""


@dataclass(eq=False, slots=True)
class AvroField:
    """A field of a record."""

    name: str
    type: AvroType
    place: str
    default: Any = ABSENT
    aliases: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class AvroType:
    """One type. ``place``: the JSON pointer of its definition. A named type is one object in all its uses.

    ``inner``: the items of an array or the values of a map. ``precision`` and ``scale`` are a decimal's.
    """

    kind: str
    place: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    fields: list[AvroField] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    default: Any = ABSENT
    size: int = 0
    inner: AvroType | None = None
    branches: list[AvroType] = field(default_factory=list)
    logical: str = ""
    precision: int = 0
    scale: int = 0

    @property
    def short(self) -> str:
        """Return its name without namespace, or its kind where it has no name."""
        return self.name.rpartition(".")[2] or self.kind

    @property
    def content(self) -> AvroType:
        """Return the items of an array or the values of a map."""
        assert self.inner is not None
        return self.inner


def extent(schema: AvroType) -> int:
    """Return how many types, fields and symbols a schema has, each once."""
    found, seen, waiting = 0, set[int](), [schema]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            found += 1 + len(one.fields) + len(one.symbols)
            waiting += [*one.branches, *(each.type for each in one.fields)]
            waiting += [] if one.inner is None else [one.inner]
    return found


def read_avro(text: str, before: Sequence[str] = ()) -> AvroType:
    """Return the schema that a text is, which may name types of other texts. Raises ``AvroInvalid``."""
    parser = _Parser()
    for other in before:
        parser.type(_decoded(other), "", "", 0)
    return parser.type(_decoded(text), "", "", 0)


def parse_avro(schema: Any) -> AvroType:
    """Return the schema that decoded JSON is. Raises ``AvroInvalid``."""
    return _Parser().type(schema, "", "", 0)


def _decoded(text: str) -> Any:
    if len(text.encode()) > TEXT_BYTES:
        raise AvroInvalid(f": the text is longer than {TEXT_BYTES} bytes")
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise AvroInvalid(": this is no JSON") from None


class _Parser:
    def __init__(self) -> None:
        self._names: dict[str, AvroType] = {}
        self._types = 0

    def type(self, schema: Any, place: str, space: str, depth: int) -> AvroType:
        self._types += 1
        if depth > DEEPEST or self._types > MOST_TYPES:
            raise AvroInvalid(f"{place}: more than {DEEPEST} levels or {MOST_TYPES} types")
        if isinstance(schema, str):
            return self._reference(schema, place, space)
        if isinstance(schema, list):
            return self._union(schema, place, space, depth)
        if not isinstance(schema, dict) or "type" not in schema:
            raise AvroInvalid(f"{place}: a type is a name, a list of types, or an object with a 'type'")
        kind = schema["type"]
        if kind in NAMED:
            return self._named(kind, schema, place, space, depth)
        if kind in ("array", "map"):
            word = "items" if kind == "array" else "values"
            if word not in schema:
                raise AvroInvalid(f"{place}: '{word}' is missing")
            inner = self.type(schema[word], f"{place}/{word}", space, depth + 1)
            return AvroType(kind, place, inner=inner)
        return self._wrapped(kind, schema, place, space, depth)

    def _reference(self, name: str, place: str, space: str) -> AvroType:
        if name in PRIMITIVES:
            return AvroType(name, place)
        whole = name if "." in name or not space else f"{space}.{name}"
        found = self._names.get(whole) or self._names.get(name)
        if found is None:
            raise AvroInvalid(f"{place}: there is no type {name!r} before this place")
        return found

    def _wrapped(self, kind: Any, schema: dict[str, Any], place: str, space: str, depth: int) -> AvroType:
        """Return what ``{"type": ...}`` holds: a primitive with a logical type, or any other type again."""
        inner = self.type(kind, f"{place}/type", space, depth + 1)
        if inner.kind in PRIMITIVES:
            inner.place = place
            _set_logical(inner, schema)
        return inner

    def _union(self, schema: list[Any], place: str, space: str, depth: int) -> AvroType:
        branches = [self.type(each, f"{place}/{at}", space, depth + 1) for at, each in enumerate(schema)]
        if any(each.kind == "union" for each in branches):
            raise AvroInvalid(f"{place}: a union may not hold a union")
        if len({each.name or each.kind for each in branches}) < len(branches):
            raise AvroInvalid(f"{place}: a union may hold each type once, and each name")
        return AvroType("union", place, branches=branches)

    def _named(self, kind: str, schema: dict[str, Any], place: str, space: str, depth: int) -> AvroType:
        name = schema.get("name")
        if not isinstance(name, str) or not _WHOLE.fullmatch(name):
            raise AvroInvalid(f"{place}/name: letters, digits and _, not beginning with a digit")
        if "." not in name:
            own = schema.get("namespace", space)
            if not isinstance(own, str) or (own and not _WHOLE.fullmatch(own)):
                raise AvroInvalid(f"{place}/namespace: names with dots between them")
            name = f"{own}.{name}" if own else name
        if name in self._names or name in PRIMITIVES:
            raise AvroInvalid(f"{place}/name: {name!r} is defined twice or is a primitive type")
        found = self._names[name] = AvroType(kind, place, name)
        space = name.rpartition(".")[0]
        found.aliases = tuple(
            alias if "." in alias or not space else f"{space}.{alias}"
            for alias in _texts(schema, "aliases", place)
        )
        if kind == "record":
            found.fields = list(self._fields(schema, place, space, depth))
        elif kind == "enum":
            _set_symbols(found, schema)
        else:
            found.size = _whole(schema.get("size"), f"{place}/size")
            _set_logical(found, schema)
        return found

    def _fields(self, schema: dict[str, Any], place: str, space: str, depth: int) -> Iterator[AvroField]:
        fields, names = schema.get("fields"), set[str]()
        if not isinstance(fields, list):
            raise AvroInvalid(f"{place}/fields: a list of fields")
        for at, each in enumerate(fields):
            here = f"{place}/fields/{at}"
            if not isinstance(each, dict) or not isinstance(name := each.get("name"), str):
                raise AvroInvalid(f"{here}: a field is an object with a 'name' and a 'type'")
            if not _NAME.fullmatch(name) or name in names:
                raise AvroInvalid(f"{here}/name: {name!r} is no name, or is there twice")
            names.add(name)
            kind = self.type(each.get("type"), f"{here}/type", space, depth + 1)
            default = each.get("default", ABSENT)
            if default is not ABSENT and not fits(kind, default):
                raise AvroInvalid(f"{here}/default: it is no value of the field's type")
            yield AvroField(name, kind, here, default, tuple(_texts(each, "aliases", here)))


def fits(kind: AvroType, value: Any) -> bool:
    """Tell whether a JSON value is one of a type, as defaults are written: a union's of any branch."""
    if kind.kind == "union":
        return any(fits(branch, value) for branch in kind.branches)
    if kind.kind == "array":
        return isinstance(value, list) and all(fits(kind.content, each) for each in value)
    if kind.kind == "map":
        return isinstance(value, dict) and all(fits(kind.content, each) for each in value.values())
    if kind.kind == "record":
        return isinstance(value, dict) and all(
            fits(each.type, value[each.name]) if each.name in value else each.default is not ABSENT
            for each in kind.fields
        )
    if kind.kind in ("bytes", "string", "enum", "fixed"):
        return isinstance(value, str) and _fits_text(kind, value)
    return _fits_simple(kind.kind, value)


def _fits_simple(kind: str, value: Any) -> bool:
    if kind in _BITS:
        return type(value) is int and -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]
    if kind == "null":
        return value is None
    return type(value) in ((bool,) if kind == "boolean" else (int, float))


def _fits_text(kind: AvroType, value: str) -> bool:
    if kind.kind == "enum":
        return value in kind.symbols
    if kind.kind == "fixed" and len(value) != kind.size:
        return False
    return kind.kind == "string" or value.isascii() or max(value) <= "\xff"


def _set_symbols(enum: AvroType, schema: dict[str, Any]) -> None:
    enum.symbols = tuple(_texts(schema, "symbols", enum.place))
    if "symbols" not in schema or len(set(enum.symbols)) < len(enum.symbols):
        raise AvroInvalid(f"{enum.place}/symbols: a list of names, each once")
    if wrong := [each for each in enum.symbols if not _NAME.fullmatch(each)]:
        raise AvroInvalid(f"{enum.place}/symbols: {wrong[0]!r} is no name")
    enum.default = schema.get("default", ABSENT)
    if enum.default is not ABSENT and enum.default not in enum.symbols:
        raise AvroInvalid(f"{enum.place}/default: it is none of the symbols")


def _set_logical(kind: AvroType, schema: dict[str, Any]) -> None:
    """Set a logical type; a decimal that is not one counts for nothing, as the specification has it."""
    logical = schema.get("logicalType")
    if not isinstance(logical, str):
        return
    if logical == "decimal":
        precision, scale = schema.get("precision"), schema.get("scale", 0)
        if (
            type(precision) is not int
            or type(scale) is not int
            or not 0 <= scale <= precision
            or not precision
        ):
            return
        if kind.kind not in ("bytes", "fixed") or (kind.kind == "fixed" and precision > _digits(kind.size)):
            return
        kind.precision, kind.scale = precision, scale
    kind.logical = logical


def _digits(size: int) -> int:
    return len(str((1 << (8 * min(size, 1000) - 1)) - 1)) - 1 if size else 0


def _texts(schema: dict[str, Any], word: str, place: str) -> list[str]:
    values = schema.get(word, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise AvroInvalid(f"{place}/{word}: a list of names")
    return values


def _whole(value: Any, place: str) -> int:
    if type(value) is not int or not 0 <= value <= TEXT_BYTES:
        raise AvroInvalid(f"{place}: a whole number up to {TEXT_BYTES}")
    return value
