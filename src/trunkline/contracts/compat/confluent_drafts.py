"""Reads a JSON Schema of draft 4, 6 or 7 as Confluent's Schema Registry does.

Beside a ``$ref`` nothing counts. Keywords of several types in one schema make a combination (``allOf``) of
a schema a type, and so does a ``type`` beside ``enum``, ``const``, ``not`` or a written combination.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.contracts.compat.confluent_document import Reader, refused
from trunkline.contracts.compat.confluent_shapes import Kind, Shape, combined
from trunkline.contracts.compat.difference import Schema

DRAFT_4: Final = 4
DRAFT_6: Final = 6
DRAFT_7: Final = 7
DRAFT_2019: Final = 2019
DRAFT_2020: Final = 2020

_NAMED: Final = {
    "2019-09": DRAFT_2019,
    "2020-12": DRAFT_2020,
    "draft-04": DRAFT_4,
    "json-schema.org/schema": DRAFT_4,
    "draft-06": DRAFT_6,
}

TYPES: Final[dict[str, Kind]] = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "array": "array",
    "object": "object",
}

BOUNDS: Final[dict[Kind, tuple[str, ...]]] = {
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength"),
}

_KEYWORDS: Final[dict[Kind, tuple[str, ...]]] = {
    "array": (*BOUNDS["array"], "items", "additionalItems", "uniqueItems"),
    "object": (
        *BOUNDS["object"],
        "properties",
        "required",
        "dependencies",
        "patternProperties",
        "additionalProperties",
    ),
    "number": BOUNDS["number"],
    "string": (*BOUNDS["string"], "pattern", "format"),
}
_SINCE_6: Final[dict[Kind, tuple[str, ...]]] = {"array": ("contains",), "object": ("propertyNames",)}

_FORMATS_4 = {"date-time", "uri", "email", "ipv4", "ipv6", "hostname"}
_FORMATS_6 = _FORMATS_4 | {"json-pointer", "uri-reference", "uri-template"}
_FORMATS = {
    DRAFT_4: _FORMATS_4,
    DRAFT_6: _FORMATS_6,
    DRAFT_7: _FORMATS_6 | {"date", "time", "regex", "relative-json-pointer"},
}


def draft_of(schema: Schema) -> int:
    """Return the draft that a schema names by ``$schema``; 7 where it names none, or another."""
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    named = (draft for name, draft in _NAMED.items() if isinstance(dialect, str) and name in dialect)
    return next(named, DRAFT_7)


def read_draft(schema: Schema, draft: int) -> Shape:
    """Return a schema of draft 4, 6 or 7 as the registry holds it.

    Raises ``ValueError`` for what it does not take, for a reference out of it, and for one too large.
    """
    return _Reader(schema, draft).read_root()


class _Reader(Reader):
    def __init__(self, schema: Schema, draft: int) -> None:
        self._draft = draft
        self._ids = "id" if draft == DRAFT_4 else "$id"
        super().__init__(schema, self._ids)
        self._keywords = {
            kind: (*words, *(_SINCE_6.get(kind, ()) if draft > DRAFT_4 else ()))
            for kind, words in _KEYWORDS.items()
        }

    def read_object(self, schema: dict[str, Any], base: str) -> Shape:
        if "$ref" in schema:
            shapes, used = [self.reference(str(schema["$ref"]), base)], {"$ref"}
        else:
            shapes, used = self._pieces(schema, base)
        if not shapes:
            shape = Shape("empty")
        else:
            shape = shapes[0] if len(shapes) == 1 else combined("allOf", shapes, generated=True)
        words = {"id": self._ids, "title": "title", "description": "description", "default": "default"}
        shape.about = {name: schema[word] for name, word in words.items() if word in schema}
        shape.loose = {k: v for k, v in schema.items() if k not in used and k not in words.values()}
        return shape

    def _pieces(self, schema: dict[str, Any], base: str) -> tuple[list[Shape], set[str]]:
        """Return a schema for each thing that is said, and the keywords that say it."""
        shapes, used = self._said(schema, base), {"enum", "allOf", "anyOf", "oneOf", "not"}
        if self._draft > DRAFT_4 and "const" in schema:
            shapes.append(Shape("const", {"value": schema["const"]}))
            used.add("const")
        if "type" in schema:
            shapes.append(self._typed(schema, base, used))
        for kind, words in self._keywords.items():
            if any(word in schema and word not in used for word in words):
                shapes.append(self._of_kind(kind, schema, base))
                used.update(words)
        if self._draft == DRAFT_7 and not {"if", "then", "else"}.isdisjoint(schema):
            branches = [word for word in ("if", "then", "else") if word in schema]
            shapes.append(Shape("conditional", {word: self.read(schema[word], base) for word in branches}))
            used.update(branches)
        return shapes, used

    def _said(self, schema: dict[str, Any], base: str) -> list[Shape]:
        shapes = [Shape("enum", {"values": _array(schema["enum"])})] if "enum" in schema else []
        shapes += [
            combined(word, [self.read(each, base) for each in _array(schema[word])])
            for word in ("allOf", "anyOf", "oneOf")
            if word in schema
        ]
        if "not" in schema:
            shapes.append(Shape("not", {"not": self.read(schema["not"], base)}))
        return shapes

    def _typed(self, schema: dict[str, Any], base: str, used: set[str]) -> Shape:
        used.add("type")
        if isinstance(schema["type"], list):
            return combined("anyOf", [self._one_type(each, schema, base, used) for each in schema["type"]])
        return self._one_type(schema["type"], schema, base, used)

    def _one_type(self, name: Any, schema: dict[str, Any], base: str, used: set[str]) -> Shape:
        kind = TYPES.get(name) if isinstance(name, str) else None
        if kind is None:
            raise ValueError(f"unknown type: {name!r}")
        if kind not in self._keywords:
            return Shape(kind)
        used.update(self._keywords[kind])
        shape = self._of_kind(kind, schema, base)
        shape.facts["required type"] = True
        if name == "integer":
            shape.facts["integer"] = True
        return shape

    def _of_kind(self, kind: Kind, schema: dict[str, Any], base: str) -> Shape:
        shape = Shape(kind, {word: schema[word] for word in BOUNDS[kind] if word in schema})
        if kind == "object":
            self._of_object(shape.facts, schema, base)
        elif kind == "array":
            self._of_array(shape.facts, schema, base)
        elif kind == "string":
            if "pattern" in schema:
                shape.facts["pattern"] = schema["pattern"]
            if schema.get("format") in _FORMATS[self._draft]:
                shape.facts["format"] = schema["format"]
        elif self._draft == DRAFT_4:
            _mark_bounds(shape.facts)
        return shape

    def _of_object(self, facts: dict[str, Any], schema: dict[str, Any], base: str) -> None:
        for word in ("properties", "patternProperties"):
            if word in schema:
                named = _object(schema[word]).items()
                facts[word] = {
                    name: self.read(each, base)
                    for name, each in named
                    if word != "properties" or name != self._ids or isinstance(each, dict)
                }
        if "required" in schema:
            facts["required"] = frozenset(map(str, _array(schema["required"])))
        self._rest(facts, schema.get("additionalProperties", True), base)
        if "propertyNames" in schema and self._draft > DRAFT_4:
            facts["propertyNames"] = self.read(schema["propertyNames"], base)
        for name, each in _object(schema.get("dependencies", {})).items():
            if isinstance(each, list):
                facts.setdefault("dependentRequired", {})[name] = frozenset(map(str, each))
            else:
                facts.setdefault("dependentSchemas", {})[name] = self.read(each, base)

    def _of_array(self, facts: dict[str, Any], schema: dict[str, Any], base: str) -> None:
        if schema.get("uniqueItems") is True:
            facts["uniqueItems"] = True
        self._rest(facts, schema.get("additionalItems", True), base)
        if isinstance(items := schema.get("items"), list):
            facts["prefix"] = [self.read(each, base) for each in items]
        elif "items" in schema:
            facts["items"] = self.read(items, base)
        if "contains" in schema and self._draft > DRAFT_4:
            facts["contains"] = self.read(schema["contains"], base)

    def _rest(self, facts: dict[str, Any], additional: Any, base: str) -> None:
        if additional is False:
            facts["closed"] = True
        elif additional is not True:
            facts["rest"] = self.read(additional, base)


def _mark_bounds(facts: dict[str, Any]) -> None:
    """Make of an exclusive bound of draft 4 what it is: a mark on the bound beside it, not compared."""
    for word in ("exclusiveMinimum", "exclusiveMaximum"):
        if word in facts:
            if not isinstance(facts[word], bool):
                raise refused("a boolean", facts[word])
            facts[f"{word} marked"] = facts.pop(word)


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refused("an array", value)
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refused("an object", value)
    return value
