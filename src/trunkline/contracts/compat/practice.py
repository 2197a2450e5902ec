"""What is produced and read in practice, as schemas: the ``practical`` policy is ``strict`` on these.

A producer writes the fields that it knows: an object that states ``properties``, and nothing about other ones
(``additionalProperties``, ``patternProperties``, ``unevaluatedProperties``), is *closed*. A reader ignores
fields that it does not know: ``additionalProperties: false`` and ``unevaluatedProperties: false`` are left
out, it is *opened*. Maps, whose values have a schema, are as stated on both sides.

A closed schema takes no document that the stated one refuses, and an opened one refuses none that the stated
one takes. So only what may be narrowed, or widened, with that effect is touched: not what stands in ``not``,
``if``, ``contains``, ``propertyNames``, nor in a ``oneOf`` whose alternatives, opened, do not visibly exclude
each other. References in what is left alone lead to a copy of the schema as stated. Every other place keeps
its JSON pointer.

An object is closed where it stands, as member, item or root, and never in a part that others complete: by all
names in sight, through ``allOf``, ``$ref`` and every alternative, required ones included. Where a part in
sight says something of other names, or alternatives are in sight that state no properties, it stays open.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.exclusion import excluded
from trunkline.contracts.compat.sides import Side

_STATED = "as stated"
_REST = frozenset({"additionalProperties", "patternProperties", "unevaluatedProperties"})
_BRANCHES = ("allOf", "anyOf", "oneOf")
_PARTS = frozenset({*_BRANCHES, "then", "else", "dependentSchemas", "$defs", "definitions"})
"""Keywords whose schemas are about the same value, or about none by themselves: not places of their own."""
_LISTS = (*_BRANCHES, "prefixItems")
_NAMED = ("dependentSchemas", "$defs", "definitions", "properties", "patternProperties")
_SINGLE = ("then", "else", "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_LEFT = frozenset({"not", "if", "contains", "propertyNames"})
_REWRITTEN = frozenset({*_LISTS, *_NAMED, *_SINGLE, *_LEFT})
_STATING = frozenset({"properties", "$ref", *_BRANCHES})
_IN_PLACE = ("if", "then", "else")

_Finish: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def produced(side: Side) -> Side:
    """Return what a producer writes that knows this schema."""
    return Practice(side).produced


def read(side: Side) -> Side:
    """Return what a reader takes that knows this schema."""
    return Practice(side).read


class Practice:
    """What is produced and read in practice of one side, each made when it is asked for."""

    def __init__(self, side: Side) -> None:
        self._side = side

    @functools.cached_property
    def produced(self) -> Side:
        """What a producer writes that knows the schema."""
        if not self._side.is_plain:
            return self._side
        return self._rewritten(_Rewriting(self._unclear, place=_Closing(self._side).closed))

    @functools.cached_property
    def read(self) -> Side:
        """What a reader takes that knows the schema."""
        if not self._side.is_plain or not self._is_closed:
            return self._side
        return self._rewritten(_Rewriting(self._unclear, each=_opened))

    def _rewritten(self, rewriting: _Rewriting) -> Side:
        made = rewriting.root(self._side.root)
        return self._side if made is self._side.root else self._side.rewritten(made)

    @functools.cached_property
    def _is_closed(self) -> bool:
        """Whether there is anything that a reader would ignore."""
        return any(_opened(stated, stated) is not stated for stated in self._side.schemas)

    @functools.cached_property
    def _unclear(self) -> frozenset[int]:
        """The lists of ``oneOf`` of which two alternatives, opened, might take the same value."""
        lists = [found["oneOf"] for found in self._side.schemas if "oneOf" in found]
        opened, kept = self._side, {id(one): one for one in lists}
        if lists and self._is_closed:
            rewriting = _Rewriting(frozenset(), each=_opened)
            opened = self._rewritten(rewriting)
            kept = {id(stated): made for stated, made in rewriting.lists}
        return frozenset(
            id(one) for one in lists if id(one) in kept and not _exclusive(opened, kept[id(one)])
        )


def _exclusive(side: Side, alternatives: list[Schema]) -> bool:
    facts = [side.flat(alternative) for alternative in alternatives]
    return all(excluded(side, one, side, other) for at, one in enumerate(facts) for other in facts[:at])


def _opened(_stated: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    gone = [key for key in ("additionalProperties", "unevaluatedProperties") if made.get(key) is False]
    return {key: value for key, value in made.items() if key not in gone} if gone else made


def _same(_stated: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    return made


class _Rewriting:
    """Rewrites a schema, with ``each`` of its schemas, and each at a ``place`` of its own, finished.

    What does not change is not copied.
    """

    def __init__(self, unclear: frozenset[int], *, each: _Finish = _same, place: _Finish = _same) -> None:
        self.lists: list[tuple[list[Schema], list[Schema]]] = []
        self._unclear = unclear
        self._each = each
        self._place = place
        self._stated = False

    def root(self, schema: Schema) -> Schema:
        made = self._placed(schema)
        if self._stated and isinstance(made, dict):
            return made | {"$defs": {**made.get("$defs", {}), _STATED: self._restated(schema)}}
        return made

    def _placed(self, schema: Schema) -> Schema:
        made = self._made(schema)
        if isinstance(schema, bool) or isinstance(made, bool):
            return made
        return self._place(schema, made)

    def _made(self, schema: Schema) -> Schema:
        if isinstance(schema, bool):
            return schema
        made = {
            key: self._keyword(key, value) if key in _REWRITTEN else value for key, value in schema.items()
        }
        return self._each(schema, made if any(made[key] is not schema[key] for key in made) else schema)

    def _keyword(self, key: str, value: Any) -> Any:
        if key in _LEFT or (key == "oneOf" and id(value) in self._unclear):
            return self._restated(value)
        finish = self._made if key in _PARTS else self._placed
        if key in _LISTS:
            made = _unless_same(value, [finish(schema) for schema in value])
            self.lists.append((value, made))
            return made
        if key in _NAMED:
            found = {name: finish(schema) for name, schema in value.items()}
            return value if all(found[name] is value[name] for name in found) else found
        return finish(value)

    def _restated(self, value: Any) -> Any:
        """Copy what stays as it is, with references to the copy of the root that does."""
        if isinstance(value, list):
            return [self._restated(each) for each in value]
        if not isinstance(value, dict):
            return value
        made = {key: self._restated(each) for key, each in value.items()}
        if isinstance(value.get("$ref"), str) and value["$ref"].startswith("#"):
            self._stated = True
            made["$ref"] = f"#/$defs/{_STATED}{value['$ref'][1:]}".replace(" ", "%20")
        return made


def _unless_same(stated: list[Any], made: list[Any]) -> list[Any]:
    return stated if all(map(operator.is_, stated, made)) else made


class _Sight(msgspec.Struct):
    """What is stated of an object where it stands: names, and whether something is said of other ones."""

    names: dict[str, None] = {}
    open: bool = False


class _Closing:
    """Closes the objects of one schema, each at its place."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._completed = {id(target) for target in self._referred_in_part()}

    def closed(self, stated: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        """Return a schema closed, if it is to be."""
        if _STATING.isdisjoint(stated) or id(stated) in self._completed or not self._states(stated, set()):
            return made
        sight = _Sight()
        self._see(stated, sight, set())
        if sight.open or max((one.get("minProperties", 0) for one in self._seen(stated)), default=0) > len(
            sight.names
        ):
            return made
        if list(sight.names) == list(stated.get("properties", ())):
            return made | {"additionalProperties": False}
        closing = {"properties": dict.fromkeys(sight.names, True), "additionalProperties": False}
        return made | {"allOf": [*made.get("allOf", ()), closing]}

    def _seen(self, stated: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self._side.flat(stated))

    def _states(self, schema: Schema, seen: set[int]) -> bool:
        """Tell whether an object of a schema has stated properties, whichever alternative it is."""
        facts = [fact for fact in self._side.flat(schema) if id(fact) not in seen]
        self._side.effort.spend(of.steps(tuple(facts)))
        seen = seen | set(map(id, facts))
        if any(fact.get("properties") for fact in facts):
            return True
        lists = [fact[key] for fact in facts for key in of.CHOICES if key in fact]
        return any(all(self._no_object_or_stated(branch, seen) for branch in branches) for branches in lists)

    def _no_object_or_stated(self, schema: Schema, seen: set[int]) -> bool:
        return "object" not in of.types(self._side.flat(schema)) or self._states(schema, seen)

    def _see(self, schema: Schema, sight: _Sight, seen: set[int]) -> None:
        if isinstance(schema, bool) or id(schema) in seen:
            return
        seen.add(id(schema))
        self._side.effort.spend(of.steps((schema,)))
        sight.names |= dict.fromkeys((*schema.get("properties", ()), *schema.get("required", ())))
        for name, needed in schema.get("dependentRequired", {}).items():
            sight.names |= dict.fromkeys((name, *needed))
        target = self._side.target(schema["$ref"]) if "$ref" in schema else True
        sight.open = sight.open or target is None or not _REST.isdisjoint(schema)
        inner = [each for key in _BRANCHES for each in schema.get(key, ())]
        inner += [schema[key] for key in _IN_PLACE if key in schema]
        inner += [*schema.get("dependentSchemas", {}).values(), True if target is None else target]
        for each in inner:
            self._see(each, sight, seen)

    def _referred_in_part(self) -> list[Schema]:
        """Return what references lead to that stand beside something else, or in a part of a schema."""
        found = []
        for schema in self._side.schemas:
            inner = [each for key in _BRANCHES for each in schema.get(key, ())]
            inner += [schema[key] for key in _IN_PLACE if key in schema]
            inner += schema.get("dependentSchemas", {}).values()
            inner += [schema] if len(schema) > 1 else []
            found += [each["$ref"] for each in inner if isinstance(each, dict) and "$ref" in each]
        targets = (self._side.target(reference) for reference in found)
        return [target for target in targets if target is not None]
