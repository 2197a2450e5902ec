"""An ODCS schema object to a JSON Schema 2020-12, its fields, and what is wrong with it.

Called by ``contract``. Everything a contract can say about one record is compiled here and in ``leaves``;
``docs/reference/contracts.md`` describes how.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, get_args

from trunkline.contracts.compat.equality import hashed
from trunkline.contracts.document import Document
from trunkline.contracts.field import Field, Kind, pointer_of
from trunkline.contracts.leaves import Notes, Schema, check_bounds, check_pattern, chosen, leaf, validator_of
from trunkline.contracts.odcs import (
    Element,
    Tokens,
    custom_properties,
    digits,
    is_about_people,
    is_personal,
    is_required,
    logical_type,
)
from trunkline.kernel.faults import did_you_mean

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)} | {"map": "object", "vector": "array"}

_NOT_NAMES = frozenset({"", "-", "*"})
"""Stand for nothing, the items of an array and the values of a map in paths."""


class _Around(NamedTuple):
    """What a property inherits from where it stands."""

    path: tuple[str, ...] = ()
    classification: str = ""
    personal: bool = False
    about_person: bool = False


class Shapes:
    """One schema object compiled: its JSON Schema, fields, format checks, and the faults found on the way.

    ``classification`` is that of each field which neither states one nor stands in an object that does.
    ``places`` and ``elements`` give, by a field's pointer, where it stands in the file and what it says.
    """

    def __init__(
        self, document: Document, tokens: Tokens, element: Element, classification: str = ""
    ) -> None:
        self.tokens = tokens
        self.element = element
        self.notes = Notes(document)
        self.fields: list[Field] = []
        self.places: dict[str, Tokens] = {}
        self.elements: dict[str, Element] = {}
        self.schema: Schema = {"type": "object", **self._members(tokens, element, _around(classification))}

    def _members(self, tokens: Tokens, element: Element, around: _Around) -> Schema:
        listed = element.get("properties", [])
        names = [prop["name"] for prop in listed]
        required = [prop["name"] for prop in listed if is_required(prop)]
        required += self._also_required(tokens, element, frozenset(names))
        needed = frozenset(required)
        properties: dict[str, Schema] = {}
        for index, prop in enumerate(listed):
            at, name = (*tokens, "properties", index), prop["name"]
            if name in _NOT_NAMES:
                self.notes.fault((*at, "name"), f'a property named "{name}"', "a word")
            if name in properties:
                self.notes.fault((*at, "name"), f'a second property "{name}"', "each name once")
            properties[name] = self._property(at, prop, around, name, required=name in needed)
        schema: Schema = {"properties": properties} if properties else {}
        if required:
            schema["required"] = list(dict.fromkeys(required))
        if custom_properties(element).get("additionalProperties") is False:
            schema["additionalProperties"] = False
        return schema

    def _also_required(self, tokens: Tokens, element: Element, known: Collection[str]) -> list[str]:
        """Return what an object lists as required; one that states no properties may list any."""
        names: list[str] = element.get("logicalTypeOptions", {}).get("required", [])
        for index, name in enumerate(names):
            if known and name not in known:
                at = (*tokens, "logicalTypeOptions", "required", index)
                hint = did_you_mean(name, known)
                self.notes.fault(at, f'unknown property "{name}"', "a property of this object", hint)
        return names

    def _property(
        self, tokens: Tokens, prop: Element, around: _Around, name: str, *, required: bool
    ) -> Schema:
        here = self._note_field(tokens, prop, around, name, required=required)
        schema = self._built(tokens, prop, here)
        check_bounds(self.notes, tokens, schema)
        self._restrict(tokens, prop, schema)
        if not required:
            _allow_null(schema)
        return schema

    def _built(self, tokens: Tokens, prop: Element, here: _Around) -> Schema:
        match logical_type(prop):
            case "object":
                bounds = chosen(prop, ("minProperties", "maxProperties"))
                return {"type": "object"} | bounds | self._members(tokens, prop, here)
            case "array":
                return self._array(tokens, prop, here)
            case "map":
                return self._map(tokens, prop["map"], here)
            case "vector":
                return _vector(prop)
            case _:
                return leaf(self.notes, tokens, prop, pointer_of(here.path))

    def _note_field(
        self, tokens: Tokens, prop: Element, around: _Around, name: str, *, required: bool
    ) -> _Around:
        path = (*around.path, name)
        pointer = pointer_of(path)
        self.places[pointer], self.elements[pointer] = tokens, prop
        stated = str(prop.get("classification", ""))
        personal = is_personal(stated, prop.get("tags", ())) or (around.personal and not stated)
        about = is_about_people(stated, prop.get("tags", ())) or (around.about_person and not stated)
        here = _Around(path, stated or around.classification, personal, about)
        self.fields.append(_field(prop, here, required=required))
        return here

    def _array(self, tokens: Tokens, prop: Element, here: _Around) -> Schema:
        schema: Schema = {"type": "array"} | chosen(prop, ("minItems", "maxItems", "uniqueItems"))
        if "items" in prop:
            items = prop["items"]
            at = (*tokens, "items")
            schema["items"] = self._property(at, items, here, "-", required=is_required(items))
        return schema

    def _map(self, tokens: Tokens, parts: Element, here: _Around) -> Schema:
        at, value = (*tokens, "map", "value"), parts["value"]
        values = self._property(at, value, here, "*", required=is_required(value))
        schema: Schema = {"type": "object", "additionalProperties": values}
        keys = leaf(self.notes, (*tokens, "map", "key"), parts["key"], "")
        if keys.get("type") == "string" and len(keys) > 1:
            schema["propertyNames"] = keys
        return schema

    def _restrict(self, tokens: Tokens, prop: Element, schema: Schema) -> None:
        """Add the allowed values and the patterns that stand beside the logical type."""
        for at, pattern in _quality_patterns(tokens, prop):
            check_pattern(self.notes, at, pattern)
            schema.setdefault("allOf", []).append({"pattern": pattern})
        open_schema = dict(schema)
        for places, values in _enumerations(tokens, prop):
            self._check_values(places, values, open_schema)
            before = {hashed(value) for value in schema.get("enum", values)}
            schema["enum"] = [value for value in values if hashed(value) in before]

    def _check_values(self, places: list[Tokens], values: list[Any], schema: Schema) -> None:
        if self.notes.faults:
            return
        valid = validator_of(schema, self.notes.kept.formats).is_valid
        for at, value in zip(places, values, strict=True):
            if value is not None and not valid(value):
                problem = f'the allowed value "{value}" is refused by the rest of this property'
                self.notes.fault(at, problem, "a value that its type and options allow")


def _around(classification: str) -> _Around:
    return _Around((), classification, is_personal(classification, ()), is_about_people(classification, ()))


def _field(prop: Element, here: _Around, *, required: bool) -> Field:
    precision, scale = digits(prop)
    return Field(
        name=here.path[-1],
        path=here.path,
        pointer=pointer_of(here.path),
        kind=_KINDS[logical_type(prop)],
        required=required,
        unique=prop.get("unique", False),
        classification=here.classification,
        personal=here.personal,
        about_person=here.about_person,
        description=prop.get("description", ""),
        physical_type=prop.get("physicalType", ""),
        physical_name=prop.get("physicalName", ""),
        precision=precision,
        scale=scale,
        options=dict(prop.get("logicalTypeOptions", {})),
        title=prop.get("businessName", ""),
        examples=() if here.personal else _plain_examples(prop),
    )


def _plain_examples(prop: Element) -> tuple[Any, ...]:
    """Return the examples that are plain values: an object or a list may hold what is personal."""
    if _KINDS[logical_type(prop)] in ("object", "array"):
        return ()
    return tuple(one for one in prop.get("examples", ()) if not isinstance(one, (dict, list)))


def _vector(prop: Element) -> Schema:
    length = prop.get("logicalTypeOptions", {}).get("dimensions")
    exact = {} if length is None else {"minItems": length, "maxItems": length}
    return {"type": "array", "items": {"type": "number"}} | exact


def _allow_null(schema: Schema) -> None:
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _strict_checks(tokens: Tokens, prop: Element) -> Iterator[tuple[Tokens, Element]]:
    """Yield the arguments of quality rules that allow no invalid value at all; others judge a whole table."""
    for number, check in enumerate(prop.get("quality", ())):
        if check.get("metric") == "invalidValues" and check.get("mustBe") == 0:
            yield (*tokens, "quality", number, "arguments"), check.get("arguments", {})


def _quality_patterns(tokens: Tokens, prop: Element) -> Iterator[tuple[Tokens, str]]:
    for at, arguments in _strict_checks(tokens, prop):
        if isinstance(arguments.get("pattern"), str):
            yield (*at, "pattern"), arguments["pattern"]


def _enumerations(tokens: Tokens, prop: Element) -> Iterator[tuple[list[Tokens], list[Any]]]:
    """Yield the lists of allowed values, each value with its place: ``enum`` of 3.2, and valid values."""
    if "enum" in prop:
        values = [entry["value"] for entry in prop["enum"]]
        yield [(*tokens, "enum", index, "value") for index in range(len(values))], values
    for at, arguments in _strict_checks(tokens, prop):
        valid = arguments.get("validValues")
        if isinstance(valid, list):
            yield [(*at, "validValues", index) for index in range(len(valid))], valid
