"""An ODCS schema object to a JSON Schema 2020-12, its fields, and what is wrong with it.

Called by ``contract``. Everything a contract can say about one record is compiled here; how is described
in ``docs/reference/contracts.md``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import jsonschema_rs

from trunkline.contracts.document import Document
from trunkline.contracts.field import Field, pointer_of
from trunkline.contracts.moments import Moment, MomentKind, moment
from trunkline.kernel.faults import Fault, did_you_mean

Tokens = tuple[str | int, ...]
Schema = dict[str, Any]

STRING_FORMATS = frozenset(
    "email idn-email uuid uri uri-reference iri iri-reference uri-template hostname idn-hostname ipv4 ipv6 "
    "date date-time time duration json-pointer relative-json-pointer regex".split()
)
"""Formats of texts that are checked; any other is a note for readers, as the standard allows."""

_NOT_PERSONAL = frozenset({"", "public", "internal", "open", "unclassified", "none", "non-personal", "1"})
_PERSONAL_TAGS = frozenset({"personal", "pii", "sensitive", "gdpr", "special-category"})
_DECIMAL_TYPE = re.compile(r"(?i)\s*(?:decimal|dec|numeric|number)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*")
_FAR = 2**80
_NUMBER_OPTIONS = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)


def custom_properties(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``customProperties`` of an ODCS element as a mapping."""
    return {entry["property"]: entry["value"] for entry in element.get("customProperties", ())}


def validator_of(schema: Schema, formats: Mapping[str, Callable[[str], bool]]) -> Any:
    """Compile a JSON Schema: formats on, linear-time patterns, nothing fetched."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        formats=dict(formats),
        validate_formats=True,
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


class _Around(NamedTuple):
    """What a property inherits from where it stands."""

    path: tuple[str, ...] = ()
    classification: str = ""
    personal: bool = False


class Shapes:
    """One schema object compiled: its JSON Schema, fields, format checks, and the faults found on the way."""

    def __init__(self, document: Document, tokens: Tokens, element: Mapping[str, Any]) -> None:
        self.fields: list[Field] = []
        self.formats: dict[str, Callable[[str], bool]] = {}
        self.moments: dict[str, Moment] = {}
        self.faults: list[Fault] = []
        self.places: dict[str, Tokens] = {}
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._document = document
        self.tokens = tokens
        self.element = element
        self.schema: Schema = {"type": "object", **self._members(tokens, element, _Around())}

    def property_of(self, field: Field) -> Mapping[str, Any]:
        """Return the ODCS property that a field was made from."""
        return self._properties[field.pointer]

    def fault(self, tokens: Tokens, problem: str, expected: str = "", hint: str = "") -> None:
        """Note what is wrong at a place."""
        self.faults.append(self._document.fault(tokens, problem, expected, hint))

    def _members(self, tokens: Tokens, element: Mapping[str, Any], around: _Around) -> Schema:
        listed = element.get("properties", [])
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for index, prop in enumerate(listed):
            at = (*tokens, "properties", index)
            if prop["name"] in properties:
                self.fault((*at, "name"), f'a second property "{prop["name"]}"', "each name once")
            properties[prop["name"]] = self._property(at, prop, around, prop["name"])
            if is_required(prop):
                required.append(prop["name"])
        required += self._also_required(tokens, element, properties)
        schema: Schema = {}
        if properties:
            schema["properties"] = properties
        if required:
            schema["required"] = list(dict.fromkeys(required))
        if custom_properties(element).get("additionalProperties") is False:
            schema["additionalProperties"] = False
        return schema

    def _also_required(self, tokens: Tokens, element: Mapping[str, Any], known: Iterable[str]) -> list[str]:
        names: list[str] = element.get("logicalTypeOptions", {}).get("required", [])
        for index, name in enumerate(names):
            if known and name not in known:
                at = (*tokens, "logicalTypeOptions", "required", index)
                self.fault(
                    at, f'unknown property "{name}"', "a property of this object", did_you_mean(name, known)
                )
        return names

    def _property(self, tokens: Tokens, prop: Mapping[str, Any], around: _Around, name: str) -> Schema:
        here = self._note_field(prop, around, name)
        self.places[pointer_of(here.path)] = tokens
        self._properties[pointer_of(here.path)] = prop
        kind = prop.get("logicalType", "any")
        schema: Schema = _BUILDERS[kind](self, tokens, prop, here)
        self._check_bounds(tokens, schema)
        self._enumerate(tokens, prop, schema)
        if not is_required(prop):
            _allow_null(schema)
        return schema

    def _note_field(self, prop: Mapping[str, Any], around: _Around, name: str) -> _Around:
        path = (*around.path, name)
        stated = str(prop.get("classification", ""))
        personal = is_personal(stated, prop.get("tags", ())) or (around.personal and not stated)
        here = _Around(path, stated or around.classification, personal)
        precision, scale = _digits(prop)
        self.fields.append(
            Field(
                name=name,
                path=path,
                pointer=pointer_of(path),
                kind=_KINDS.get(prop.get("logicalType", "any"), prop.get("logicalType", "any")),
                required=is_required(prop),
                unique=prop.get("unique", False),
                classification=here.classification,
                personal=personal,
                description=prop.get("description", ""),
                physical_type=prop.get("physicalType", ""),
                physical_name=prop.get("physicalName", ""),
                precision=precision,
                scale=scale,
                options=dict(prop.get("logicalTypeOptions", {})),
            )
        )
        return here

    def _any(self, _tokens: Tokens, _prop: Mapping[str, Any], _here: _Around) -> Schema:
        return {}

    def _boolean(self, _tokens: Tokens, _prop: Mapping[str, Any], _here: _Around) -> Schema:
        return {"type": "boolean"}

    def _string(self, tokens: Tokens, prop: Mapping[str, Any], _here: _Around) -> Schema:
        options = prop.get("logicalTypeOptions", {})
        schema = {"type": "string"} | _chosen(options, ("minLength", "maxLength", "pattern"))
        if prop.get("primaryKey"):
            schema["minLength"] = max(1, schema.get("minLength", 1))
        if "pattern" in schema:
            self._check_pattern((*tokens, "logicalTypeOptions", "pattern"), schema["pattern"])
        if "format" in options:
            schema |= self._string_format((*tokens, "logicalTypeOptions", "format"), options["format"])
        return schema

    def _string_format(self, tokens: Tokens, name: str) -> Schema:
        if name in STRING_FORMATS:
            return {"format": name}
        near = difflib.get_close_matches(name, sorted(STRING_FORMATS), n=1, cutoff=0.75)
        if near:
            self.fault(
                tokens, f'unknown format "{name}"', "a format that is checked", f'did you mean "{near[0]}"?'
            )
        return {}

    def _check_pattern(self, tokens: Tokens, pattern: str) -> None:
        try:
            validator_of({"pattern": pattern}, {})
        except ValueError:
            self.fault(
                tokens,
                "the pattern cannot be used",
                "a regular expression without back-references and look-around, so that it runs in linear time",
            )

    def _number(self, tokens: Tokens, prop: Mapping[str, Any], _here: _Around) -> Schema:
        whole = prop["logicalType"] == "integer"
        options = prop.get("logicalTypeOptions", {})
        schema: Schema = {"type": "integer" if whole else "number"} | _chosen(options, _NUMBER_OPTIONS)
        if whole and "format" in options:
            _tighten(schema, *_integer_range(options["format"]))
        precision, scale = _digits(prop)
        if precision is not None and scale is not None:
            step = Decimal(1).scaleb(-scale)
            largest = Decimal(10) ** (precision - scale) - step
            _tighten(schema, -largest, largest)
            _must_be_multiple(schema, step)
        return schema

    def _moment(self, tokens: Tokens, prop: Mapping[str, Any], here: _Around) -> Schema:
        options = prop.get("logicalTypeOptions", {})
        kind: MomentKind = prop["logicalType"]
        try:
            how = moment(
                kind,
                options.get("format", ""),
                zone=options.get("defaultTimezone", ""),
                offset=options.get("timezone"),
            )
        except (ValueError, KeyError, OSError) as error:
            key = "defaultTimezone" if isinstance(error, (KeyError, OSError)) else "format"
            self.fault(
                (*tokens, "logicalTypeOptions", key), f"a {kind} {key} that is not understood: {error}"
            )
            return {"type": "string"}
        self.moments[pointer_of(here.path)] = how
        return {"type": "string", "format": self._moment_format(tokens, kind, how, options)}

    def _moment_format(self, tokens: Tokens, kind: str, how: Moment, options: Mapping[str, Any]) -> str:
        bounds = {}
        for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
            if key in options:
                try:
                    bounds[key] = how.read(options[key])
                except ValueError:
                    self.fault((*tokens, "logicalTypeOptions", key), f"not a {kind}", f"it as {how.label}")
        if not bounds and not options:
            native = {"date": "date", "timestamp": "date-time"}.get(kind)
            if native:
                return native
        words = {
            "minimum": "from",
            "exclusiveMinimum": "after",
            "maximum": "to",
            "exclusiveMaximum": "before",
        }
        name = " ".join([kind, "as", how.label, *(f"{words[key]} {options[key]}" for key in bounds)])
        self.formats[name] = _moment_check(how, bounds)
        return name

    def _object(self, tokens: Tokens, prop: Mapping[str, Any], here: _Around) -> Schema:
        options = prop.get("logicalTypeOptions", {})
        bounds = _chosen(options, ("minProperties", "maxProperties"))
        return {"type": "object"} | bounds | self._members(tokens, prop, here)

    def _array(self, tokens: Tokens, prop: Mapping[str, Any], here: _Around) -> Schema:
        options = prop.get("logicalTypeOptions", {})
        schema = {"type": "array"} | _chosen(options, ("minItems", "maxItems", "uniqueItems"))
        if "items" in prop:
            schema["items"] = self._property((*tokens, "items"), prop["items"], here, "-")
        return schema

    def _map(self, tokens: Tokens, prop: Mapping[str, Any], here: _Around) -> Schema:
        value = self._property((*tokens, "map", "value"), prop["map"]["value"], here, "*")
        return {"type": "object", "additionalProperties": value}

    def _vector(self, _tokens: Tokens, prop: Mapping[str, Any], _here: _Around) -> Schema:
        length = prop.get("logicalTypeOptions", {}).get("dimensions")
        exact = {} if length is None else {"minItems": length, "maxItems": length}
        return {"type": "array", "items": {"type": "number"}} | exact

    def _check_bounds(self, tokens: Tokens, schema: Schema) -> None:
        for low, high in _PAIRS:
            if low in schema and high in schema:
                open_end = "exclusive" in low + high
                if schema[low] > schema[high] or (open_end and schema[low] == schema[high]):
                    at = (*tokens, "logicalTypeOptions", high)
                    self.fault(at, f"{high} {schema[high]} leaves nothing above {low} {schema[low]}")

    def _enumerate(self, tokens: Tokens, prop: Mapping[str, Any], schema: Schema) -> None:
        for at, values in _enumerations(tokens, prop):
            self._check_enum(at, values, schema)
            schema["enum"] = [value for value in values if value in schema.get("enum", values)]

    def _check_enum(self, at: list[Tokens], values: list[Any], schema: Schema) -> None:
        if self.faults:
            return
        valid = validator_of(schema, self.formats).is_valid
        for place, value in zip(at, values, strict=True):
            if value is not None and not valid(value):
                self.fault(
                    place, f'"{value}" is not allowed by the rest of this property', "a value of its type"
                )


_BUILDERS: dict[str, Callable[[Shapes, Tokens, Mapping[str, Any], _Around], Schema]] = {
    "any": Shapes._any,
    "string": Shapes._string,
    "integer": Shapes._number,
    "number": Shapes._number,
    "boolean": Shapes._boolean,
    "date": Shapes._moment,
    "timestamp": Shapes._moment,
    "time": Shapes._moment,
    "object": Shapes._object,
    "array": Shapes._array,
    "map": Shapes._map,
    "vector": Shapes._vector,
}
_KINDS: dict[str, Any] = {"map": "object", "vector": "array"}


def is_required(prop: Mapping[str, Any]) -> bool:
    """Tell whether a property must be there and not null: stated, part of the key, or by a quality rule."""
    return bool(prop.get("required") or prop.get("primaryKey")) or any(
        check.get("metric") == "nullValues" and check.get("mustBe") == 0 for check in prop.get("quality", ())
    )


def is_personal(classification: str, tags: Iterable[str]) -> bool:
    """Tell whether a value must be masked: classified as anything but harmless, or tagged as personal."""
    return classification.lower() not in _NOT_PERSONAL or not _PERSONAL_TAGS.isdisjoint(
        tag.lower() for tag in tags
    )


def _chosen(options: Mapping[str, Any], names: Iterable[str]) -> Schema:
    return {name: options[name] for name in names if name in options}


def _allow_null(schema: Schema) -> None:
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _digits(prop: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return precision and scale as custom properties or a decimal physical type state them."""
    stated = custom_properties(prop)
    if isinstance(stated.get("precision"), int):
        return stated["precision"], stated.get("scale", 0)
    match = _DECIMAL_TYPE.fullmatch(prop.get("physicalType", ""))
    return (int(match[1]), int(match[2] or 0)) if match else (None, None)


def _integer_range(name: str) -> tuple[int, int]:
    bits = int(name[1:])
    return (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _tighten(schema: Schema, least: Decimal | int, most: Decimal | int) -> None:
    schema["minimum"] = max(schema.get("minimum", least), least)
    schema["maximum"] = min(schema.get("maximum", most), most)


def _must_be_multiple(schema: Schema, step: Decimal) -> None:
    if "multipleOf" in schema:
        schema["allOf"] = [{"multipleOf": step}]
    else:
        schema["multipleOf"] = step


def _moment_check(how: Moment, bounds: Mapping[str, int]) -> Callable[[str], bool]:
    least = max(bounds.get("minimum", -_FAR), bounds.get("exclusiveMinimum", -_FAR) + 1)
    most = min(bounds.get("maximum", _FAR), bounds.get("exclusiveMaximum", _FAR) - 1)
    read = how.read

    def check(text: str) -> bool:
        try:
            return least <= read(text) <= most
        except (ValueError, OverflowError):
            return False

    return check


def _enumerations(tokens: Tokens, prop: Mapping[str, Any]) -> Iterable[tuple[list[Tokens], list[Any]]]:
    """Yield the lists of allowed values: ``enum`` of 3.2, and valid values that no record may miss."""
    if "enum" in prop:
        values = [entry["value"] for entry in prop["enum"]]
        yield [(*tokens, "enum", index, "value") for index in range(len(values))], values
    for number, check in enumerate(prop.get("quality", ())):
        if check.get("metric") == "invalidValues" and check.get("mustBe") == 0:
            values = check.get("arguments", {}).get("validValues")
            if isinstance(values, list):
                at = (*tokens, "quality", number, "arguments", "validValues")
                yield [(*at, index) for index in range(len(values))], values
