"""JSON Schemas of single values: texts, numbers, truth values, dates, times and timestamps.

Called by ``shapes`` for each property that has no parts of its own.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import jsonschema_rs
import msgspec

from trunkline.contracts.document import Document
from trunkline.contracts.moments import Moment, MomentKind, moment
from trunkline.contracts.odcs import Element, Tokens, digits
from trunkline.contracts.patterns import cost
from trunkline.kernel.faults import Fault

Schema: TypeAlias = dict[str, Any]

STRING_FORMATS = frozenset(
    {
        *("email", "idn-email", "uuid", "uri", "uri-reference", "iri", "iri-reference", "uri-template"),
        *("hostname", "idn-hostname", "ipv4", "ipv6", "date", "date-time", "time", "duration"),
        *("json-pointer", "relative-json-pointer", "regex"),
    }
)
"""Ways of texts that are checked; any other is a note for readers, as the standard allows."""

MOST_PATTERN_STEPS = 100_000
"""The most that the patterns of one schema object may cost, in steps of ten microseconds."""
_NEAR = 0.75
_FAR = 2**80
_NUMBER_OPTIONS = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NATIVE = {"date": "date", "timestamp": "date-time"}
_BOUNDS = {"minimum": "from", "exclusiveMinimum": "after", "maximum": "to", "exclusiveMaximum": "before"}
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)


class Ways(msgspec.Struct, frozen=True):
    """How the texts of a schema object are checked beyond what JSON Schema knows.

    ``formats`` are checks of texts by the name they have in the schema, ``patterns`` say the same as some of
    them, ``moments`` are the ways that fields (by pointer) write dates and times.
    """

    formats: dict[str, Callable[[str], bool]] = {}
    patterns: dict[str, str] = {}
    moments: dict[str, Moment] = {}


class Notes:
    """What is collected while a schema object is compiled: ``kept`` for good, and what is wrong."""

    def __init__(self, document: Document) -> None:
        self.kept = Ways()
        self.faults: list[Fault] = []
        self.pattern_steps = 0
        self._document = document

    def fault(self, tokens: Tokens, problem: str, expected: str = "", hint: str = "") -> None:
        """Note what is wrong at a place."""
        self.faults.append(self._document.fault(tokens, problem, expected, hint))


def validator_of(schema: Schema, formats: Mapping[str, Callable[[str], bool]]) -> Any:
    """Compile a JSON Schema: formats on, linear-time patterns, nothing fetched."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        formats=dict(formats),
        validate_formats=True,
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def chosen(prop: Element, names: Iterable[str]) -> Schema:
    """Return the logical type options of these names, which mean the same in JSON Schema."""
    options = prop.get("logicalTypeOptions", {})
    return {name: options[name] for name in names if name in options}


def leaf(notes: Notes, tokens: Tokens, prop: Element, pointer: str) -> Schema:
    """Return the schema of a property without parts."""
    kind = prop.get("logicalType")
    if kind == "string":
        return _string(notes, tokens, prop)
    if kind in ("integer", "number"):
        return _number(prop)
    if kind == "boolean":
        return {"type": "boolean"}
    if kind in ("date", "timestamp", "time"):
        return _moment(notes, tokens, prop, pointer)
    return {}


def check_bounds(notes: Notes, tokens: Tokens, schema: Schema) -> None:
    """Note bounds that leave no value between them."""
    for low, high in _PAIRS:
        if low in schema and high in schema:
            least, most = schema[low], schema[high]
            open_end = "exclusive" in low + high
            if least > most or (open_end and least == most):
                problem = f"{high} {most} leaves nothing above {low} {least}"
                notes.fault((*tokens, "logicalTypeOptions", high), problem)


def check_pattern(notes: Notes, tokens: Tokens, pattern: str) -> None:
    """Note a pattern that the linear-time engine does not take, or that takes it too long."""
    notes.pattern_steps += cost(pattern)
    if notes.pattern_steps > MOST_PATTERN_STEPS:
        expected = (
            "a regular expression without back-references or nested counts: it takes too long to compile"
        )
        notes.fault(tokens, "the pattern cannot be used", expected)
    elif not _is_linear(pattern):
        notes.fault(
            tokens,
            "the pattern cannot be used",
            "a regular expression without back-references and look-around, so that it runs in linear time",
        )


@functools.lru_cache(maxsize=1024)
def _is_linear(pattern: str) -> bool:
    try:
        validator_of({"pattern": pattern}, {})
    except ValueError:
        return False
    return True


def _string(notes: Notes, tokens: Tokens, prop: Element) -> Schema:
    options = prop.get("logicalTypeOptions", {})
    schema: Schema = {"type": "string"} | chosen(prop, ("minLength", "maxLength", "pattern"))
    if prop.get("primaryKey"):
        schema["minLength"] = max(1, schema.get("minLength", 1))
    if "pattern" in schema:
        check_pattern(notes, (*tokens, "logicalTypeOptions", "pattern"), schema["pattern"])
    if "format" in options:
        schema |= _string_format(notes, (*tokens, "logicalTypeOptions", "format"), options["format"])
    return schema


def _string_format(notes: Notes, tokens: Tokens, name: str) -> Schema:
    if name in STRING_FORMATS:
        return {"format": name}
    near = difflib.get_close_matches(name, sorted(STRING_FORMATS), n=1, cutoff=_NEAR)
    if near:
        hint = f'did you mean "{near[0]}"?'
        notes.fault(tokens, f'unknown format "{name}"', "a format that is checked", hint)
    return {}


def _number(prop: Element) -> Schema:
    whole = prop["logicalType"] == "integer"
    options = prop.get("logicalTypeOptions", {})
    schema: Schema = {"type": "integer" if whole else "number"} | chosen(prop, _NUMBER_OPTIONS)
    if whole and "format" in options:
        least, most = _integer_range(options["format"])
        schema["minimum"] = max(schema.get("minimum", least), least)
        schema["maximum"] = min(schema.get("maximum", most), most)
    precision, scale = digits(prop)
    if precision is not None and scale is not None:
        _limit_digits(schema, precision, scale)
    return schema


def _integer_range(name: str) -> tuple[int, int]:
    bits = int(name[1:])
    return (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _limit_digits(schema: Schema, precision: int, scale: int) -> None:
    """Bound a decimal; with whole bounds, which are cheaper to compare than 9999.99."""
    beyond = 10 ** max(precision - scale, 0)
    limits: Schema = {"multipleOf": Decimal(1).scaleb(-scale)}
    limits |= {"exclusiveMinimum": -beyond, "exclusiveMaximum": beyond}
    if limits.keys() & schema.keys():
        schema["allOf"] = [limits]
    else:
        schema |= limits


def _moment(notes: Notes, tokens: Tokens, prop: Element, pointer: str) -> Schema:
    how = _way_of_writing(notes, (*tokens, "logicalTypeOptions"), prop)
    if how is None:
        return {"type": "string"}
    notes.kept.moments[pointer] = how
    kind, options = prop["logicalType"], prop.get("logicalTypeOptions", {})
    if kind in _NATIVE and not options:
        return {"type": "string", "format": _NATIVE[kind]}
    bounds = _moment_bounds(notes, (*tokens, "logicalTypeOptions"), how, options)
    words = [f"{_BOUNDS[key]} {options[key]}" for key in bounds]
    name = " ".join([kind, "as", how.label, *words])
    notes.kept.formats[name] = _moment_check(how, bounds)
    if how.pattern and not bounds:
        notes.kept.patterns[name] = how.pattern
    return {"type": "string", "format": name}


def _way_of_writing(notes: Notes, tokens: Tokens, prop: Element) -> Moment | None:
    options = prop.get("logicalTypeOptions", {})
    kind: MomentKind = prop["logicalType"]
    zone, pattern = options.get("defaultTimezone", ""), options.get("format", "")
    try:
        return moment(kind, pattern, zone=zone, offset=options.get("timezone"))
    except LookupError:
        notes.fault(
            (*tokens, "defaultTimezone"), f'unknown time zone "{zone}"', "a name such as Europe/Berlin"
        )
    except ValueError as error:
        expected = "digits as in yyyy-MM-dd HH:mm:ss.SSSXXX"
        notes.fault((*tokens, "format"), f"the format cannot be used: {error}", expected)
    return None


def _moment_bounds(notes: Notes, tokens: Tokens, how: Moment, options: Element) -> dict[str, int]:
    bounds = {}
    for key in _BOUNDS:
        if key in options:
            try:
                bounds[key] = how.read(options[key])
            except ValueError:
                notes.fault((*tokens, key), f"{key} is not in the field's own format", how.label)
    return bounds


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
