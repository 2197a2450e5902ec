"""One side of a comparison: a JSON Schema of which parts can be asked, each on its own.

Made by ``compare`` from what a person or a contract gives, and by ``practice`` from another side. Whatever is
wrong with a schema is found here: it is too large, nested too deeply, no JSON Schema 2020-12, or refers to
something outside itself, which is never fetched.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import jsonschema_rs
import msgspec

from trunkline.contracts.compat import glance
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.effort import Effort, Exhausted
from trunkline.contracts.compat.parts import BY_NAME, PLAIN, Weights, subschemas
from trunkline.contracts.compat.pointers import at, tokens_of
from trunkline.contracts.compat.visits import Visits, extent
from trunkline.contracts.leaves import STRING_FORMATS
from trunkline.contracts.patterns import cost

Facts: TypeAlias = tuple[dict[str, Any], ...]
"""What holds of a value: it satisfies all of these, of which ``allOf`` and ``$ref`` stand here as facts."""

MAX_VALUES = 50_000
"""The most values, keys not counted, that a schema may hold."""
MAX_DEPTH = 100
"""The deepest nesting of a schema, in objects and lists."""

NOTHING: dict[str, Any] = {"not": {}}
"""The fact that no value satisfies."""

_VISITS_A_STEP = 400
_REFERRING = frozenset({"$ref", "allOf"})
_URI = "urn:trunkline:schema"
_NAMED = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor"})


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

_NONE: frozenset[str] = frozenset()
_Validators: TypeAlias = dict[tuple[int, frozenset[str]], tuple[Schema, Any]]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Side:
    """A schema that was found sound. Raises ``ValueError`` with the reason where it is not.

    ``is_plain`` tells that every reference is a JSON pointer into the schema itself, so that its parts can be
    looked at one by one. ``unknown`` are the formats that nothing here can check. ``effort`` is what the
    comparison it belongs to may still cost: what a side is asked raises ``Exhausted`` where that is too dear.
    """

    def __init__(self, root: Schema, formats: Formats = NO_FORMATS, effort: Effort | None = None) -> None:
        _bound(root)
        _require_dialect(root)
        self.effort = effort or Effort()
        self._weights = Weights()
        self._set(root, formats, frozenset())
        self.is_plain = not any(_is_named(schema, root) for schema in self.schemas)
        named = (schema.get("format") for schema in self.schemas)
        names = {name for name in named if isinstance(name, str)}
        self.unknown = frozenset(names - STRING_FORMATS - formats.checks.keys())
        try:
            self.validator(root)
        except Exhausted:
            raise ValueError(
                "the schema cannot be used: its patterns and references take too long to compile"
            ) from None

    def rewritten(self, root: Schema) -> Side:
        """Return the side of a schema made from this one, which need not be looked at for its faults."""
        made = object.__new__(Side)
        made.effort = self.effort
        made._weights = self._weights
        made._set(root, self.formats, self.unknown)
        made.is_plain = self.is_plain
        made._shared = self._shared
        return made

    def _set(self, root: Schema, formats: Formats, unknown: frozenset[str]) -> None:
        self.root = root
        self.unknown = unknown
        self.formats = formats
        self._shared: _Validators = {}
        self._registry: Any = None
        self._alone: dict[int, tuple[Schema, Schema]] = {}
        self._weights.of(root)
        self._patterns: dict[str, Any] = {}
        self._validators: _Validators = {}
        self._flat: dict[int, tuple[Schema, Facts]] = {}

    def takes(self, document: Any) -> bool:
        """Tell whether a document is taken, whatever the formats mean that nothing here can check."""
        return self.is_surely_valid(self.root, document)

    def refuses(self, document: Any) -> bool:
        """Tell whether a document is refused, whatever the formats mean that nothing here can check."""
        return not any(self._is_valid(self.root, document, refused) for refused in self._readings)

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether a value satisfies a part of the schema."""
        return self._is_valid(schema, value)

    def is_surely_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether a value satisfies a part, whatever the formats mean that nothing here can check."""
        return all(self._is_valid(schema, value, refused) for refused in self._readings)

    @functools.cached_property
    def _readings(self) -> set[frozenset[str]]:
        """The formats that refuse every text, in each way to read those that nothing here can check."""
        return {_NONE, self.unknown}

    def _is_valid(self, schema: Schema, value: Any, refused: frozenset[str] = _NONE) -> bool:
        seen = glance.is_valid(schema, value)
        if seen is not None:
            self.effort.spend()
            return seen
        validator = self.validator(schema, refused)
        self.effort.spend(self._looks(schema, value))
        return bool(validator.is_valid(value))

    def _compiling(self, schema: Schema) -> int:
        """Return in about how many steps a part is compiled; all that it refers to is compiled with it."""
        return self._weights.steps(self.root if self.refers(schema) else schema)

    def _looks(self, schema: Schema, value: Any) -> int:
        """Return in about how many steps a value is put to a validator, at worst."""
        if isinstance(schema, bool) or not self.refers(schema):
            return 1
        levels, values = extent(value)
        return 1 + self._visits.of(schema, levels) * values // _VISITS_A_STEP

    @functools.cached_property
    def _visits(self) -> Visits:
        return Visits(self._targets)

    def _targets(self, reference: str) -> list[Schema]:
        """Return what a reference may lead to, by name too."""
        found = self.target(reference)
        if found is not None or self.is_plain:
            return [] if found is None else [found]
        base, _, fragment = reference.partition("#")
        named = self._named.get(base.rpartition("/")[2], []) if base else [self.root]
        if not fragment:
            return named
        inner = [at(one, tokens_of(f"#{fragment}") or ()) for one in named] if fragment[0] == "/" else ()
        return [one for one in inner if one is not None] or self._named.get(f"#{fragment}", [])

    @functools.cached_property
    def _named(self) -> dict[str, list[Schema]]:
        """What has a name of its own, by anchor, with its ``#``, and by the end of its address."""
        found: dict[str, list[Schema]] = {}
        for schema in self.schemas:
            names = [f"#{schema[key]}" for key in ("$anchor", "$dynamicAnchor") if key in schema]
            names += [str(schema["$id"]).rpartition("/")[2]] if "$id" in schema else []
            for name in names:
                found.setdefault(name, []).append(schema)
        return found

    def validator(self, schema: Schema, refused: frozenset[str] = _NONE) -> Any:
        """Return the validator of a part of the schema; of a side that is not plain it takes anything.

        ``refused`` are formats that refuse every text.
        """
        kept = self._validators.get((id(schema), refused)) or self._shared.get((id(schema), refused))
        if kept is None:
            part = self.alone(schema) if self.is_plain or schema is self.root else True
            self.effort.spend(1 + self._compiling(schema))
            kept = schema, self._compiled(part, refused)
            pool = self._shared if self.is_plain and not self.refers(schema) else self._validators
            pool[id(schema), refused] = kept
        return kept[1]

    def matches(self, pattern: str, name: str) -> bool:
        """Tell whether a name matches a pattern, on the linear-time engine."""
        if pattern not in self._patterns:
            self.effort.spend(1 + cost(pattern))
            self._patterns[pattern] = self._compiled({"pattern": pattern}, _NONE)
        self.effort.spend()
        return bool(self._patterns[pattern].is_valid(name))

    def alone(self, schema: Schema) -> Schema:
        """Return a part of the schema as one that stands by itself, with ``registry`` for its references."""
        kept = self._alone.get(id(schema))
        if kept is None:
            rewritten = schema is not self.root and self.refers(schema)
            made = _absolute(schema) if rewritten else schema
            kept = self._alone[id(schema)] = (schema, made)
        return kept[1]

    def refers(self, schema: Schema) -> bool:
        """Tell whether a part of the schema, or what was made of its parts, refers to anything."""
        return self._weights.of(schema).references > 0

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
            if isinstance(schema, dict) and schema and _REFERRING.isdisjoint(schema):
                facts: Facts = (schema,)
            else:
                facts = tuple(self._flattened(schema))
            kept = self._flat[id(schema)] = (schema, facts)
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
    levels, values = extent(root, most=MAX_VALUES)
    if levels >= MAX_DEPTH or values > MAX_VALUES:
        what = f"more than {MAX_VALUES:,} values" if values > MAX_VALUES else f"{MAX_DEPTH} levels"
        raise ValueError(f"the schema is too large: {what}")


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
        if key in PLAIN
        else {name: _absolute(each) for name, each in value.items()}
        if key in BY_NAME and isinstance(value, dict)
        else _absolute(value)
        for key, value in schema.items()
    }


def is_number(value: Any) -> bool:
    """Tell whether a value is a JSON number."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
