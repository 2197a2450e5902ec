"""Reads a JSON Schema of draft 2019-09 or 2020-12 as Confluent's Schema Registry does.

There each keyword is a schema of its own first, and they are joined in the order in which they stand:
those of one type into one, those beside a ``type`` of several into the one of their type, all else into
a combination (``allOf``) the text does not have.  Two effects of that decide verdicts and are kept: inside
``allOf``, ``anyOf`` and ``oneOf`` such a combination is taken apart, and an unknown keyword or ``$defs``
makes ``unevaluated...`` and ``minContains`` beside it count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from trunkline.contracts.compat.confluent_document import Reader
from trunkline.contracts.compat.confluent_drafts import BOUNDS, TYPES
from trunkline.contracts.compat.confluent_shapes import MERGED, Kind, Shape, combined, merged
from trunkline.contracts.compat.difference import Schema

_META = "$id $anchor $dynamicRef $dynamicAnchor $ref $defs $schema $vocabulary title description default"
_OTHERS = """deprecated readOnly writeOnly format enum const type not allOf anyOf oneOf if then else false
    true pattern items prefixItems contains minContains maxContains uniqueItems unevaluatedItems properties
    required patternProperties additionalProperties unevaluatedProperties propertyNames dependentSchemas
    dependentRequired"""
_BOUND: Final[dict[str, Kind]] = {word: kind for kind, words in BOUNDS.items() for word in words}
_KNOWN: Final = frozenset(_META.split()) | frozenset(_OTHERS.split()) | _BOUND.keys()


def read_modern(schema: Schema) -> Shape:
    """Return a schema of draft 2019-09 or 2020-12 as the registry holds it.

    Raises ``ValueError`` for what it does not take, for a reference out of it, and for one too large.
    """
    return _Reader(schema).read_root()


def joined(one: Shape | None, other: Shape) -> Shape:
    """Return what two keywords of one schema come to together."""
    if one is None:
        return other
    if one.kind == other.kind and one.kind in MERGED:
        return merged(one, other)
    for types, beside in ((one, other), (other, one)):
        if types.generated and types.criterion == "anyOf" and beside.kind in {p.kind for p in types.parts}:
            return combined("anyOf", _gathered([*types.parts, beside]), generated=True)
    return combined("allOf", _gathered([*_apart(one), *_apart(other)]), generated=True)


def _apart(shape: Shape) -> list[Shape]:
    return list(shape.parts) if shape.generated and shape.criterion == "allOf" else [shape]


def _gathered(shapes: list[Shape]) -> list[Shape]:
    """Return schemas of which each type occurs once, where its first stood."""
    gathered: list[Shape] = []
    for shape in shapes:
        kinds = [each.kind for each in gathered]
        if shape.kind in MERGED and shape.kind in kinds:
            at = kinds.index(shape.kind)
            gathered[at] = merged(gathered[at], shape)
        else:
            gathered.append(shape)
    return gathered


class _Reader(Reader):
    def __init__(self, schema: Schema) -> None:
        super().__init__(schema, "$id")
        self._pieces: dict[str, Callable[[Any, dict[str, Any], str], Shape]] = {
            "$ref": lambda value, _, base: self.reference(str(value), base),
            "type": lambda value, _schema, _base: _typed(value),
            "enum": lambda value, _schema, _base: Shape("enum", {"values": list(value)}),
            "const": lambda value, _schema, _base: Shape("const", {"value": value}),
            "not": lambda value, _, base: Shape("not", {"not": self.read(value, base)}),
            "if": self._conditional,
            "items": self._items,
            "contains": self._contains,
            "prefixItems": lambda value, _, base: Shape("array", {"prefix": self._each(value, base)}),
            "uniqueItems": lambda value, _schema, _base: Shape(
                "array", {"uniqueItems": True} if value else {}
            ),
            "required": lambda value, _schema, _base: Shape("object", {"required": frozenset(value)}),
            "additionalProperties": self._additional,
            "propertyNames": lambda value, _, base: Shape(
                "object", {"propertyNames": self.read(value, base)}
            ),
            "dependentRequired": _dependent_required,
            "dependentSchemas": lambda v, _, base: Shape(
                "object", {"dependentSchemas": self._named(v, base)}
            ),
            "pattern": lambda value, _schema, _base: Shape("string", {"pattern": value}),
        }
        self._pieces |= dict.fromkeys(("format", "readOnly", "writeOnly"), _nothing)
        self._pieces |= dict.fromkeys(
            ("allOf", "anyOf", "oneOf"), _nothing
        )  # in `_piece`: they need their name

    def read_object(self, schema: dict[str, Any], base: str) -> Shape:
        product: Shape | None = None
        try:
            for piece in self._all(schema, base):
                product = joined(product, piece)
        except (TypeError, AttributeError):
            raise ValueError("a keyword of the schema has a value of another type than its own") from None
        shape = product or Shape("empty")
        if shape.generated and shape.criterion == "allOf" and len(shape.parts) <= 1:
            one = shape.parts[0] if shape.parts else Shape("empty")
            shape = Shape(one.kind, one.facts, dict(one.about), dict(one.loose), one.generated)
        shape.about |= {word: schema[word] for word in ("title", "description") if word in schema}
        if schema.get("default") is not None:
            shape.about["default"] = schema["default"]
        unknown = {word: value for word, value in schema.items() if word not in _KNOWN}
        if schema.get("$defs"):
            unknown["$defs"] = schema["$defs"]
        if unknown:
            shape.loose = unknown
        return shape

    def _all(self, schema: dict[str, Any], base: str) -> Iterator[Shape]:
        """Yield what each keyword says in the order of the text, names and the rest at the end."""
        if "$dynamicRef" in schema:
            yield self.reference(str(schema["$dynamicRef"]), base)
        for word, value in schema.items():
            if word in self._pieces or word in _BOUND:
                yield self._piece(word, value, schema, base)
        for word in ("properties", "patternProperties"):
            if word in schema and schema[word] != {}:
                yield Shape("object", {word: self._named(schema[word], base)})
        for word, kind in (("unevaluatedItems", "array"), ("unevaluatedProperties", "object")):
            if word in schema:
                yield Shape(TYPES[kind], {}, {}, {word: self.read(schema[word], base)})

    def _piece(self, word: str, value: Any, schema: dict[str, Any], base: str) -> Shape:
        if word in _BOUND:
            return Shape(_BOUND[word], {word: value})
        if word in ("allOf", "anyOf", "oneOf"):
            return combined(word, [each for part in self._each(value, base) for each in _apart(part)])
        return self._pieces[word](value, schema, base)

    def _each(self, values: list[Any], base: str) -> list[Shape]:
        return [self.read(each, base) for each in values]

    def _named(self, values: dict[str, Any], base: str) -> dict[str, Shape]:
        return {name: self.read(each, base) for name, each in values.items()}

    def _conditional(self, _value: Any, schema: dict[str, Any], base: str) -> Shape:
        branches = [word for word in ("if", "then", "else") if word in schema]
        return Shape("conditional", {word: self.read(schema[word], base) for word in branches})

    def _items(self, value: Any, schema: dict[str, Any], base: str) -> Shape:
        return self._rest("array", "rest" if schema.get("prefixItems") else "items", self.read(value, base))

    def _additional(self, value: Any, _schema: dict[str, Any], base: str) -> Shape:
        return self._rest("object", "rest", self.read(value, base))

    def _rest(self, kind: Kind, fact: str, shape: Shape) -> Shape:
        if shape.kind == "true":
            return Shape(kind)
        return Shape(kind, {"closed": True} if shape.kind == "false" else {fact: shape})

    def _contains(self, value: Any, schema: dict[str, Any], base: str) -> Shape:
        counted = {"minContains": schema.get("minContains", 1)}
        if "maxContains" in schema:
            counted["maxContains"] = schema["maxContains"]
        return Shape("array", {"contains": self.read(value, base)}, {}, counted)


def _typed(value: Any) -> Shape:
    if isinstance(value, list):
        return combined("anyOf", [_typed(each) for each in value], generated=True)
    if not isinstance(value, str) or value not in TYPES:
        raise ValueError(f"unknown type: {value!r}")
    facts = {"required type": True} if TYPES[value] in MERGED else {}
    return Shape(TYPES[value], facts | ({"integer": True} if value == "integer" else {}))


def _dependent_required(value: dict[str, list[str]], _schema: dict[str, Any], _base: str) -> Shape:
    return Shape(
        "object", {"dependentRequired": {k: frozenset(names) for k, names in value.items() if names}}
    )


def _nothing(_value: Any, _schema: dict[str, Any], _base: str) -> Shape:
    return combined("allOf", [], generated=True)
