"""The schemas of an OpenAPI file as JSON Schema 2020-12 that stands by itself.

3.0 has a dialect of its own: ``nullable``, boolean exclusive bounds, a ``$ref`` beside which nothing counts
(https://spec.openapis.org/oas/v3.0.3#schema-object). 3.1 is 2020-12 with a few words that only describe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trunkline.contracts.compat.pointers import tokens_of
from trunkline.contracts.field import pointer_of

_WORDS_30 = frozenset(
    {"title", "description", "default", "enum", "type", "allOf", "oneOf", "anyOf", "not", "format"}
    | {"items", "properties", "additionalProperties", "required", "pattern", "multipleOf", "uniqueItems"}
    | {"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "maxLength", "minLength"}
    | {"maxItems", "minItems", "maxProperties", "minProperties"}
)
_LEFT_31 = frozenset(
    {"discriminator", "xml", "externalDocs", "example", "$schema", "$comment", "$defs", "definitions"}
)
"""What only describes, and what counts where a reference leads to it."""
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})
_SINGLE = frozenset(
    {"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"}
    | {"unevaluatedProperties", "unevaluatedItems"}
)
_NAMING = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"})
_INTEGERS = {"int32": 2**31, "int64": 2**63}
_DESCRIBING_FORMATS = frozenset({"float", "double", "byte", "binary", "password"})


class Unusable(Exception):
    """A part of an OpenAPI file cannot be used; the text says why, ``pointer`` is where it stands."""

    def __init__(self, pointer: str, why: str) -> None:
        super().__init__(why)
        self.pointer = pointer


class Schemas:
    """Rewrites schemas of one file; ``find`` returns what a local reference leads to.

    ``is_30`` tells the dialect.
    """

    def __init__(self, find: Callable[[str], Any], *, is_30: bool) -> None:
        self._find = find
        self._is_30 = is_30
        self._names: dict[str, str] = {}
        self._absent = ""

    def standing(self, schema: Any, pointer: str, absent: str = "readOnly") -> dict[str, Any] | bool:
        """Return a schema with all that it refers to; raises ``Unusable`` where that is not in the file.

        What is ``absent`` need not be there: ``readOnly`` in a request, ``writeOnly`` in an answer.
        """
        self._names, self._absent = {}, absent
        made = self._made(schema, pointer)
        definitions: dict[str, Any] = {}
        while len(definitions) < len(self._names):
            for reference, name in list(self._names.items())[len(definitions) :]:
                definitions[name] = self._made(self._find(reference), reference[1:])
        return made | {"$defs": definitions} if definitions and isinstance(made, dict) else made

    def _made(self, schema: Any, pointer: str) -> dict[str, Any] | bool:
        if isinstance(schema, bool) and not self._is_30:
            return schema
        if not isinstance(schema, dict):
            raise Unusable(pointer, "a schema is an object")
        if not _NAMING.isdisjoint(schema):
            raise Unusable(pointer, "a schema with a name of its own ($id, $anchor) is not read")
        if self._is_30 and "$ref" in schema:
            return {"$ref": self._reference(schema["$ref"], pointer)}
        made = {
            key: self._value(key, value, f"{pointer}/{key}")
            for key, value in schema.items()
            if self._counts(key)
        }
        _without(self._absent, schema, made)
        _format(made)
        return _mended(schema, made) if self._is_30 else made

    def _counts(self, key: str) -> bool:
        return key in _WORDS_30 if self._is_30 else key not in _LEFT_31 and not key.startswith("x-")

    def _value(self, key: str, value: Any, pointer: str) -> Any:
        if key == "$ref":
            return self._reference(value, pointer)
        if key in _LISTS and isinstance(value, list):
            return [self._made(one, f"{pointer}/{at}") for at, one in enumerate(value)]
        if key in _NAMED and isinstance(value, dict):
            return {name: self._made(one, pointer + pointer_of((name,))) for name, one in value.items()}
        if key in _SINGLE:
            return value if isinstance(value, bool) else self._made(value, pointer)
        return value

    def _reference(self, reference: Any, pointer: str) -> str:
        if not isinstance(reference, str) or tokens_of(reference) is None:
            raise Unusable(
                pointer, f"the reference {reference} leads out of the file, and nothing is fetched"
            )
        name = self._names.setdefault(reference, f"{len(self._names)}")
        return f"#/$defs/{name}"


def _without(absent: str, schema: dict[str, Any], made: dict[str, Any]) -> None:
    """Let what is ``absent``, ``readOnly`` or ``writeOnly``, be so though it is required."""
    properties = schema.get("properties")
    if isinstance(properties, dict) and isinstance(made.get("required"), list):
        only = [name for name, one in properties.items() if isinstance(one, dict) and one.get(absent) is True]
        made["required"] = [name for name in made["required"] if name not in only]


def _mended(schema: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Say in words of 2020-12 what 3.0 says otherwise."""
    if schema.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        is_exclusive = made.pop(exclusive, False)
        if is_exclusive is True and bound in made:
            made[exclusive] = made.pop(bound)
    return made


def _format(made: dict[str, Any]) -> None:
    """Make bounds of the formats of numbers, and leave out those that only describe."""
    name = made.get("format")
    if name in _DESCRIBING_FORMATS or name in _INTEGERS:
        del made["format"]
    if name in _INTEGERS:
        limit = _INTEGERS[name]
        made["allOf"] = [*made.get("allOf", ()), {"minimum": -limit, "maximum": limit - 1}]
