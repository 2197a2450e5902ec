"""The quick way through a contract: a JSON decoder that refuses what breaks it.

Called by ``contract``, once a contract. Decoding into types that were made of the schema checks structure,
texts and integers on the way, at half the cost of decoding first and checking then; what types cannot say,
such as a pattern or the bounds of a decimal, is checked beside it. It is sound and not complete: what it
takes is valid, and of what it does not take it says nothing. Unknown members, ``6.00`` for an integer and
rules it does not know go the longer way, which gives the reasons too.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import DecimalException
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from trunkline.contracts.leaves import Ways, validator_of
from trunkline.contracts.verdict import NUMBER_RULES, Check, all_of, number_check, quickened, types_of
from trunkline.kernel.json import exact_number

Schema: TypeAlias = dict[str, Any]
Path: TypeAlias = Sequence[str]

_ABOUT = frozenset({"$schema", "title"})
_KNOWN = {
    "object": {"type", "properties", "required", "additionalProperties", *_ABOUT},
    "array": {"type", "items", "minItems", "maxItems"},
    "string": {"type", "minLength", "maxLength"},
    "integer": {"type", "minimum", "maximum"},
    "boolean": {"type"},
}
_BOUNDS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "minimum": "ge",
    "maximum": "le",
}
_PLAIN = {"string": str, "integer": int, "boolean": bool}
_FAR = 2**63


class _Part(NamedTuple):
    """The type of a value, a check of what the type cannot say, and how deep the value may be nested."""

    type: Any
    check: Check | None
    depth: float = 0
    members: Mapping[str, _Member] = {}


class _Member(NamedTuple):
    """A member of an object: the attribute that holds it, its part, and whether it is always there."""

    attribute: str
    part: _Part
    sure: bool


class Quick:
    """A contract's quick way. ``depth`` is how deep a record that it takes may be nested."""

    def __init__(self, schema: Schema, ways: Ways) -> None:
        part = _part(schema, ways)
        self.depth = part.depth
        self._part = part
        self._check = part.check or _anything
        self._decode = msgspec.json.Decoder(part.type, float_hook=exact_number).decode

    def decode(self, text: bytes) -> Any:
        """Return the record, to be read by ``reader`` only, or None where it goes the longer way."""
        try:
            record = self._decode(text)
        except (ValueError, RecursionError, DecimalException):
            return None
        return record if self._check(record) else None

    def reader(self, path: Path) -> Callable[[Any], Any]:
        """Return access to a value of a record that was decoded here; None where it is not there."""
        attributes, part, sure = [], self._part, True
        for name in path:
            if name not in part.members:
                break  # from here on it is a plain dictionary
            attribute, part, always = part.members[name]
            attributes.append(attribute)
            sure = sure and always
        names = path[len(attributes) :]
        if sure and not names:
            return operator.attrgetter(".".join(attributes))

        def read(record: Any) -> Any:
            for attribute in attributes:
                record = getattr(record, attribute, None)
            for name in names:
                record = record.get(name) if isinstance(record, dict) else None
            return None if record is UNSET else record

        return read


def _anything(_: Any) -> bool:
    return True


def _part(schema: Schema, ways: Ways) -> _Part:
    """Return the part that a schema describes, nullable where the schema allows null."""
    kinds = [kind for kind in types_of(schema) if kind != "null"]
    if len(kinds) != 1:
        return _checked_by_schema(Any, schema, ways, math.inf)
    part = _of_kind(kinds[0], schema, ways)
    if not _may_be_null(schema) or part.type is Any:
        return part
    return part._replace(type=part.type | None, check=part.check and _or_null(part.check))


def _of_kind(kind: str, schema: Schema, ways: Ways) -> _Part:
    if kind == "number":
        check = number_check(schema) if schema.keys() <= {"type", *NUMBER_RULES} else None
        return _Part(Any, check) if check else _checked_by_schema(Any, schema, ways)
    known = schema.keys() <= _KNOWN[kind]
    if kind == "object":
        return _object(schema, ways) if known else _checked_by_schema(Any, schema, ways, math.inf)
    if kind == "array":
        return _array(schema, ways) if known else _checked_by_schema(Any, schema, ways, math.inf)
    if known and _small(schema):
        return _Part(_bounded(_PLAIN[kind], schema), None)
    if kind == "string" and schema.keys() == {"type", "enum"}:
        values = tuple(value for value in schema["enum"] if value is not None)
        if values and all(isinstance(value, str) for value in values):
            return _Part(Literal[values], None)
    return _checked_by_schema(str if kind == "string" else Any, schema, ways)


def _checked_by_schema(type_: Any, schema: Schema, ways: Ways, depth: float = 0) -> _Part:
    """Leave a value to the validator: its rules are more than a type can say."""
    rest, left_out = quickened(schema, ways.patterns)
    valid: Check = validator_of(rest, ways.formats).is_valid
    return _Part(type_, all_of([valid, left_out] if left_out else [valid]), depth)


def _object(schema: Schema, ways: Ways) -> _Part:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    names = {name: f"f{number}" for number, name in enumerate(properties)}
    if not properties or not properties.keys() >= set(required) or not all(map(_nameable, names)):
        return _checked_by_schema(Any, schema, ways, math.inf)
    parts = {name: _part(inner, ways) for name, inner in properties.items()}
    fields = [
        (names[name], part.type) if name in required else (names[name], part.type | UnsetType, UNSET)
        for name, part in parts.items()
    ]
    made = msgspec.defstruct(
        "Record",
        fields,
        rename={attribute: name for name, attribute in names.items()},
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    checks = [
        _member(names[name], part.check if name in required else _or_unset(part.check))
        for name, part in parts.items()
        if part.check
    ]
    depth = 1 + max(part.depth for part in parts.values())
    members = {
        name: _Member(names[name], part, name in required and not _may_be_null(properties[name]))
        for name, part in parts.items()
    }
    return _Part(made, all_of(checks), depth, members)


def _array(schema: Schema, ways: Ways) -> _Part:
    if "items" not in schema:
        return _checked_by_schema(Any, schema, ways, math.inf)
    items = _part(schema["items"], ways)
    check = items.check and _each(items.check)
    return _Part(_bounded(list[items.type], schema), check, 1 + items.depth)  # type: ignore[name-defined]  # made at run time


def _may_be_null(schema: Schema) -> bool:
    types = types_of(schema)
    return not types or "null" in types


def _nameable(name: str) -> bool:
    """Tell whether the decoder can have a member of this name."""
    return not any(letter < " " or letter in '"\\' for letter in name)


def _small(schema: Schema) -> bool:
    """Tell whether the decoder can hold the bounds: integers of 64 bits."""
    bounds = [schema[key] for key in _BOUNDS if key in schema]
    return all(type(bound) is int and abs(bound) < _FAR for bound in bounds)


def _bounded(type_: Any, schema: Schema) -> Any:
    bounds = {_BOUNDS[key]: schema[key] for key in _BOUNDS if key in schema}
    return Annotated[type_, Meta(**bounds)] if bounds else type_


def _member(attribute: str, check: Check) -> Check:
    return lambda record: check(getattr(record, attribute))


def _each(check: Check) -> Check:
    def each(items: Any) -> bool:
        for item in items:  # noqa: SIM110  a generator costs more than the check
            if not check(item):
                return False
        return True

    return each


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _or_unset(check: Check) -> Check:
    return lambda value: value is UNSET or check(value)
