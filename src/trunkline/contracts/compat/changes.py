"""Every difference between two schemas, found by walking both at once, with its place and its class.

What each does to readers is asked for as *demands*: that what the producing side writes at the place is taken
by the part of the reading side that changed. ``compare`` has them judged; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.equality import hashed, same
from trunkline.contracts.compat.judging import Demand
from trunkline.contracts.compat.keywords import group_of
from trunkline.contracts.compat.kinds import kind_of
from trunkline.contracts.compat.places import Place
from trunkline.contracts.compat.pointers import at, tokens_of
from trunkline.contracts.compat.sides import Facts, Side
from trunkline.contracts.compat.ways import Tokens, Way
from trunkline.contracts.field import pointer_of
from trunkline.kernel import json

MOST_CHANGES = 200
"""The most changes listed of one comparison."""
_LONGEST_VALUE = 60
_LISTS = ("allOf", "anyOf", "oneOf")
_APART = frozenset({"properties", "required", "enum", "const", "$ref", "$defs", "definitions", *_LISTS})
_MISSING = object()


class Found(NamedTuple):
    """A difference: its class, its JSON pointer, a sentence, the way to it, and what changed there.

    ``keyword`` is the one that changed; ``name`` a member, ``value`` a listed value where it is about one.
    """

    kind: str
    pointer: str
    detail: str
    way: Way
    keyword: str
    name: str = ""
    value: Any = _MISSING

    def demands(self, produced: Side, read: Side, *, backward: bool) -> list[Demand]:
        """Return what the reading side asks, where it changed, of what the producing side writes there."""
        own, theirs = (self.way.old, self.way.new) if backward else (self.way.new, self.way.old)
        asked = at(read.root, theirs)
        if at(produced.root, own) is None or isinstance(asked, bool) or asked is None:
            return []
        facts, place = self.way.written(produced, old=backward)
        produced.effort.spend(of.steps(facts) + (of.steps((asked,))))
        if self.name:
            return list(self._of_member(produced, facts, read, asked, place))
        if self.value is not _MISSING:
            facts = (*facts, {"const": self.value})
        wanted = _wanted(asked, self.keyword, facts)
        return [(facts, wanted, place)] if wanted else []

    def _of_member(
        self, produced: Side, facts: Facts, read: Side, asked: dict[str, Any], place: Place
    ) -> Iterator[Demand]:
        if self.name in asked.get("required", ()):
            yield facts, {"required": [self.name]}, place
        if self.keyword == "properties":
            own = of.child(produced, facts, self.name)
            for schema in of.member_schemas(read, asked, self.name):
                yield own, schema, place.inner(self.name, facts)


def _wanted(asked: dict[str, Any], keyword: str, facts: Facts) -> dict[str, Any]:
    """Return the part of a schema that a keyword's change is about."""
    if keyword not in asked:
        return {}
    if keyword in ("additionalProperties", "patternProperties"):
        known = dict.fromkeys((*of.names(facts), *asked.get("properties", ())), True)
        named = {name: True for name in known if name in asked.get("properties", ())}
        part: dict[str, Any] = {
            key: asked[key] for key in ("patternProperties", "additionalProperties") if key in asked
        }
        return {"properties": named, **part}
    if keyword.startswith("unevaluated") or keyword == "$dynamicRef":
        return asked
    return {key: asked[key] for key in group_of(keyword) if key in asked}


class Walk:
    """Finds the differences of two sides, each pair of schemas once, however often it is referred to."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old = old
        self._new = new
        self._seen: set[tuple[int, int]] = set()

    def found(self) -> Iterator[Found]:
        """Yield every difference, in the order of the documents."""
        return self._pair(self._old.root, self._new.root, Way())

    def _pair(self, old: Schema, new: Schema, way: Way) -> Iterator[Found]:
        if (id(old), id(new)) in self._seen:
            return
        self._seen.add((id(old), id(new)))
        self._old.effort.spend()
        if same(old, new) and not self._old.refers(old):
            return
        if isinstance(old, bool) or isinstance(new, bool):
            yield _of_keyword("", old, new, way)
            return
        yield from self._referred(old, new, way)
        yield from self._members(old, new, way)
        yield from self._values(old, new, way)
        for keyword in _LISTS:
            yield from self._branches(keyword, old, new, way)
        for keyword in dict.fromkeys((*old, *new)):
            if keyword not in _APART:
                yield from self._keyword(keyword, old, new, way)

    def _referred(self, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        if "$ref" not in old and "$ref" not in new:
            return
        own, theirs = self._followed(self._old, old, way.old), self._followed(self._new, new, way.new)
        if own is not None and theirs is not None and ("$ref" in old) == ("$ref" in new):
            yield from self._pair(own[0], theirs[0], way.to(own[1], theirs[1]))
        elif old.get("$ref") != new.get("$ref"):
            yield _of_keyword("$ref", old.get("$ref"), new.get("$ref"), way)

    def _followed(self, side: Side, schema: dict[str, Any], tokens: Tokens) -> tuple[Schema, Tokens] | None:
        if "$ref" not in schema:
            return schema, tokens
        target = side.target(schema["$ref"])
        return None if target is None else (target, tokens_of(schema["$ref"]) or ())

    def _members(self, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in dict.fromkeys((*before, *after)):
            if name in before and name in after:
                inner = way.into(name, "properties", name)
                yield from self._pair(before[name], after[name], inner)
            else:
                yield self._came_or_went(name, new, way, came=name in after)
        yield from self._required(old, new, way)

    def _came_or_went(self, name: str, new: dict[str, Any], way: Way, *, came: bool) -> Found:
        needed = name in new.get("required", ())
        kind = f"property-added-{'required' if needed else 'optional'}" if came else "property-removed"
        told = ("is new and has to be there" if needed else "is new") if came else "is no longer described"
        where = pointer_of((*(way.new if came else way.old), "properties", name))
        return Found(kind, where, f'"{name}" {told}', way, "properties", name)

    def _required(self, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        before, after = dict.fromkeys(old.get("required", [])), dict.fromkeys(new.get("required", []))
        apart = old.get("properties", {}).keys() ^ new.get("properties", {}).keys()
        for name in dict.fromkeys((*before, *after)):
            if (name in before) != (name in after) and name not in apart:
                needed = name in after
                described = name in (new if needed else old).get("properties", {})
                tokens = (*way.new, *(("properties", name) if described else ("required",)))
                told = "has to be there now" if needed else "need not be there any more"
                kind = "became-required" if needed else "became-optional"
                yield Found(kind, pointer_of(tokens), f'"{name}" {told}', way, "required", name)

    def _values(self, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        before, after = _listed(old), _listed(new)
        keyword = next((key for key in ("enum", "const") if key in new or key in old), "enum")
        if before is None or after is None:
            if before is not after:
                kind = "enum-value-removed" if before is None else "enum-value-added"
                told = (
                    "only listed values are allowed now"
                    if before is None
                    else "no values are listed any more"
                )
                pointer = pointer_of((*way.new, keyword) if before is None else (*way.old, keyword))
                yield Found(kind, pointer, told, way, keyword)
            return
        listed, asked = set(map(hashed, before)), set(map(hashed, after))
        for value in [*before, *after]:
            here = hashed(value) in listed
            if here != (hashed(value) in asked):
                kind = "enum-value-removed" if here else "enum-value-added"
                key = keyword if keyword in new else next(iter({"enum", "const"} & new.keys()))
                told = f"the value {_shown(value)} is {'no longer' if here else 'now'} allowed"
                yield Found(kind, pointer_of((*way.new, key)), told, way, key, value=value)

    def _branches(self, keyword: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        """Pair what is the same, then what is left in order; what has no partner came or went."""
        before, after = dict(enumerate(old.get(keyword, ()))), dict(enumerate(new.get(keyword, ())))
        free: dict[Hashable, list[int]] = {}
        for index in reversed(after):
            free.setdefault(hashed(after[index]), []).append(index)
        for index in list(before):
            same_ones = free.get(hashed(before[index]))
            partner = same_ones.pop() if same_ones else None
            if partner is not None:
                yield from self._alternatives(
                    keyword, (index, partner), (before.pop(index), after.pop(partner)), way
                )
        if len(before) != len(after) or (keyword in old) != (keyword in new):
            yield _of_branches(keyword, len(before), len(after), way)
            return
        for one, other in zip(before.items(), after.items(), strict=True):
            yield from self._alternatives(keyword, (one[0], other[0]), (one[1], other[1]), way)

    def _alternatives(
        self, keyword: str, at: tuple[int, int], pair: tuple[Schema, Schema], way: Way
    ) -> Iterator[Found]:
        inner = way.to((*way.old, keyword, str(at[0])), (*way.new, keyword, str(at[1])))
        return self._pair(*pair, inner)

    def _keyword(self, keyword: str, old: dict[str, Any], new: dict[str, Any], way: Way) -> Iterator[Found]:
        before, after = old.get(keyword), new.get(keyword)
        if keyword in old and keyword in new and same(before, after):
            return
        if keyword == "prefixItems" and len(before or ()) == len(after or ()):
            for index, (own, theirs) in enumerate(zip(before or (), after or (), strict=True)):
                yield from self._pair(own, theirs, way.into(index, keyword, str(index)))
        elif keyword in _STEPS and isinstance(before, dict) and isinstance(after, dict):
            step = len(old.get("prefixItems", ())) if keyword == "items" else _STEPS[keyword]
            yield from self._pair(before, after, way.into(step, keyword))
        else:
            yield _of_keyword(keyword, before, after, way)


_STEPS: dict[str, str | int] = {"items": 0, "additionalProperties": of.SOME_NAME}


def _of_branches(keyword: str, before: int, after: int, way: Way) -> Found:
    choice = keyword != "allOf" and before != after
    kind = f"alternative-{'added' if after > before else 'removed'}" if choice else "shape-changed"
    told = f"{keyword} has {before} schemas that the other version has not, and {after} new ones"
    return Found(kind, pointer_of((*(way.new if after else way.old), keyword)), told, way, keyword)


def _of_keyword(keyword: str, old: Any, new: Any, way: Way) -> Found:
    kind = kind_of(keyword, old, new) if not keyword or group_of(keyword) else "description-changed"
    tokens = way.old if new is None else way.new
    pointer = pointer_of((*tokens, keyword) if keyword else tokens)
    return Found(kind, pointer, f"{keyword or 'the schema'} {_told(old, new)}", way, keyword)


def _told(old: Any, new: Any) -> str:
    if old is None:
        return f"is new: {_shown(new)}"
    return f"is gone: {_shown(old)}" if new is None else f"was {_shown(old)}, is {_shown(new)}"


def _shown(value: Any) -> str:
    text = json.encode(value).decode()
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _listed(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values
