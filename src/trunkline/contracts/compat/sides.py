"""One side of a comparison: a JSON Schema of which parts can be asked, each on its own.

Made by ``compare`` from what a person or a contract gives, and by ``practice`` from another side. Whatever is
wrong with a schema is found here: it is too large, nested too deeply, no JSON Schema 2020-12, or refers to
something outside itself, which is never fetched.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import unquote

import jsonschema_rs
import msgspec

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.field import path_of
from trunkline.contracts.leaves import STRING_FORMATS

Facts: TypeAlias = tuple[dict[str, Any], ...]
"""What holds of a value: it satisfies all of these, of which ``allOf`` and ``$ref`` stand here as facts."""

MAX_VALUES = 50_000
"""The most values, keys not counted, that a schema may hold."""
MAX_DEPTH = 100
"""The deepest nesting of a schema, in objects and lists."""

NOTHING: dict[str, Any] = {"not": {}}
"""The fact that no value satisfies."""

_URI = "urn:trunkline:schema"
_NAMED = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor"})
_PLAIN = frozenset({"const", "enum", "default", "examples", "example", "required", "type"})
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})


class Formats(msgspec.Struct, frozen=True):
    """The formats that are made for contracts: checks of texts by name; two of one name are the same.

    ``patterns`` are regular expressions of exactly the texts of some of them.
    """

    checks: Mapping[str, Callable[[str], bool]] = {}
    patterns: Mapping[str, str] = {}

    def __or__(self, other: Formats) -> Formats:
        """Return those of both."""
        return Formats({**self.checks, **other.checks}, {**self.patterns, **other.patterns})


NO_FORMATS = Formats()

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Side:
    """A schema that was found sound. Raises ``ValueError`` with the reason where it is not.

    ``is_plain`` tells that every reference is a JSON pointer into the schema itself, so that its parts can be
    looked at one by one. ``unknown`` are the formats that nothing here can check.
    """

    def __init__(self, root: Schema, formats: Formats = NO_FORMATS) -> None:
        _bound(root)
        _require_dialect(root)
        self._set(root, formats, frozenset())
        self.is_plain = not any(_is_named(schema, root) for schema in self.schemas)
        named = (schema.get("format") for schema in self.schemas)
        names = {name for name in named if isinstance(name, str)}
        self.unknown = frozenset(names - STRING_FORMATS - formats.checks.keys())
        self.validator(root)

    def rewritten(self, root: Schema) -> Side:
        """Return the side of a schema made from this one, which need not be looked at for its faults."""
        made = object.__new__(Side)
        made._set(root, self.formats, self.unknown)
        made.is_plain = self.is_plain
        return made

    def _set(self, root: Schema, formats: Formats, unknown: frozenset[str]) -> None:
        self.root = root
        self.unknown = unknown
        self.formats = formats
        self._registry: Any = None
        self._alone: dict[int, tuple[Schema, Schema]] = {}
        self._validators: dict[tuple[int, frozenset[str]], tuple[Schema, Any]] = {}
        self._flat: dict[int, tuple[Schema, Facts]] = {}

    def takes(self, document: Any) -> bool:
        """Tell whether a document is taken, whatever the formats mean that nothing here can check."""
        return self.is_surely_valid(self.root, document)

    def refuses(self, document: Any) -> bool:
        """Tell whether a document is refused, whatever the formats mean that nothing here can check."""
        return not any(self.validator(self.root, refused).is_valid(document) for refused in self._readings)

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether a value satisfies a part of the schema."""
        return bool(self.validator(schema).is_valid(value))

    def is_surely_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether a value satisfies a part, whatever the formats mean that nothing here can check."""
        return all(self.validator(schema, refused).is_valid(value) for refused in self._readings)

    @property
    def _readings(self) -> set[frozenset[str]]:
        """The formats that refuse every text, in each way to read those that nothing here can check."""
        return {frozenset(), self.unknown}

    def validator(self, schema: Schema, refused: frozenset[str] = frozenset()) -> Any:
        """Return the validator of a part of the schema; of a side that is not plain it takes anything.

        ``refused`` are formats that refuse every text.
        """
        kept = self._validators.get((id(schema), refused))
        if kept is None:
            part = self.alone(schema) if self.is_plain or schema is self.root else True
            kept = self._validators[id(schema), refused] = (schema, self._compiled(part, refused))
        return kept[1]

    def alone(self, schema: Schema) -> Schema:
        """Return a part of the schema as one that stands by itself, with ``registry`` for its references."""
        kept = self._alone.get(id(schema))
        if kept is None:
            rewritten = schema is not self.root and has_references(schema)
            made = _absolute(schema) if rewritten else schema
            kept = self._alone[id(schema)] = (schema, made)
        return kept[1]

    @functools.cached_property
    def schemas(self) -> list[dict[str, Any]]:
        """The schema and all schemas in it."""
        return list(subschemas(self.root))

    @property
    def registry(self) -> Any:
        """The schemas that references of parts lead to."""
        if self._registry is None:
            self._registry = jsonschema_rs.Registry([(_URI, self.root)], draft=jsonschema_rs.Draft202012)
        return self._registry

    def target(self, reference: str) -> Schema | None:
        """Return what a reference leads to; None where that is no JSON pointer into the schema."""
        tokens = tokens_of(reference)
        return None if tokens is None else at(self.root, tokens)

    def flat(self, schema: Schema) -> Facts:
        """Return what a schema states, with that of its ``allOf`` and ``$ref``.

        A reference that leads back to where it stands adds nothing.
        """
        kept = self._flat.get(id(schema))
        if kept is None:
            kept = self._flat[id(schema)] = (schema, tuple(self._flattened(schema)))
        return kept[1]

    def _flattened(self, schema: Schema) -> Iterator[dict[str, Any]]:
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            found = waiting.pop()
            if found is False:
                yield NOTHING
            if isinstance(found, bool) or not found or id(found) in seen:
                continue
            seen.add(id(found))
            yield found
            waiting += reversed(found.get("allOf", ()))
            target = self.target(found["$ref"]) if "$ref" in found else None
            waiting += [] if target is None else [target]

    def _compiled(self, schema: Schema, refused: frozenset[str]) -> Any:
        checks = dict(self.formats.checks) | dict.fromkeys(refused, _refuse)
        within = {} if schema is self.root else {"registry": self.registry}
        try:
            return jsonschema_rs.Draft202012Validator(
                schema,
                formats=checks,
                validate_formats=True,
                offline=True,
                pattern_options=jsonschema_rs.RegexOptions(),
                **within,
            )
        except jsonschema_rs.ValidationError as error:
            raise ValueError(f"no JSON Schema 2020-12 that can be used: {error.message}") from None
        except (jsonschema_rs.ReferencingError, RecursionError) as error:
            raise ValueError(f"the schema cannot be used: {error}") from None


def subschemas(schema: Schema) -> Iterator[dict[str, Any]]:
    """Yield a schema and all schemas in it; what only looks like one, such as a ``const``, is none."""
    waiting: list[Any] = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            yield found
            for keyword, value in found.items():
                if keyword in _BY_NAME and isinstance(value, dict):
                    waiting += value.values()
                elif keyword not in _PLAIN:
                    waiting.append(value)


def references(schema: Schema) -> Iterator[str]:
    """Yield every reference in a schema."""
    return (found["$ref"] for found in subschemas(schema) if "$ref" in found)


def has_references(schema: Schema) -> bool:
    """Tell whether a schema refers to anything."""
    return any(True for _ in references(schema))


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal, where Python holds ``1`` and ``true`` for the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _is_named(schema: dict[str, Any], root: Schema) -> bool:
    """Tell whether a schema names itself, or refers to a name; the root's own name does not matter."""
    own = schema.keys() - {"$id"} if schema is root else schema.keys()
    return not _NAMED.isdisjoint(own) or not str(schema.get("$ref", "#")).startswith("#")


def _refuse(_text: str) -> bool:
    return False


def _require_dialect(root: Schema) -> None:
    """Refuse a schema of another draft: its keywords mean something else."""
    stated = root.get("$schema", _DIALECT) if isinstance(root, dict) else _DIALECT
    if str(stated).rstrip("#") != _DIALECT:
        raise ValueError(f"it is written in {stated}: only the policy confluent reads other drafts")


def _bound(root: Any) -> None:
    if not isinstance(root, (dict, bool)):
        raise ValueError("a JSON Schema is an object, true or false")  # noqa: TRY004  what callers catch
    values = 0
    waiting: list[tuple[Any, int]] = [(root, 1)]
    while waiting:
        found, depth = waiting.pop()
        values += 1
        inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
        if values > MAX_VALUES or depth > MAX_DEPTH:
            what = f"more than {MAX_VALUES:,} values" if values > MAX_VALUES else f"{MAX_DEPTH} levels"
            raise ValueError(f"the schema is too large: {what}")
        waiting += ((value, depth + 1) for value in inner)


def _absolute(schema: Any) -> Any:
    """Copy a schema with references that lead into the registered root."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{_URI}{value}"
        if key == "$ref" and isinstance(value, str)
        else value
        if key in _PLAIN
        else {name: _absolute(each) for name, each in value.items()}
        if key in _BY_NAME and isinstance(value, dict)
        else _absolute(value)
        for key, value in schema.items()
    }


def tokens_of(reference: str) -> tuple[str, ...] | None:
    """Return the tokens of a reference that is a JSON pointer into its own schema; None of another."""
    if reference == "#":
        return ()
    if not reference.startswith("#/"):
        return None
    return path_of(unquote(reference[1:]))


def at(root: Schema, tokens: Iterable[str]) -> Schema | None:
    """Return the schema at the tokens of a JSON pointer, None where there is none."""
    found: Any = root
    for token in tokens:
        found = _step(found, token)
    return found if isinstance(found, (dict, bool)) else None


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token)
    if isinstance(value, list) and token.isascii() and token.isdigit():
        return value[int(token)] if int(token) < len(value) else None
    return None


def is_number(value: Any) -> bool:
    """Tell whether a value is a JSON number."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
