"""How Confluent's Schema Registry compares two JSON Schemas: what it finds, and which of that breaks.

Written from its documented and observable behaviour (``docs/reference/confluent.md`` lists every class).
Roles are those of *backward*: data of the old schema, read by the new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from trunkline.contracts.compat import confluent_values as values
from trunkline.contracts.compat.confluent_content import ARRAY, OBJECT, Content
from trunkline.contracts.compat.confluent_matching import matched
from trunkline.contracts.compat.confluent_shapes import Shape, canonical

Path: TypeAlias = tuple[str, ...]
Found: TypeAlias = tuple[Path, str]

MOST_PAIRS: Final = 50_000
"""How many pairs of schemas are compared before a verdict is given up."""

DEEPEST: Final = 40
"""How many pairs are under way in one another; what lies deeper is compared after them."""

MOST_FOUND: Final = 500
"""How many differences of one pair are told."""

COMPATIBLE: Final = frozenset(
    {"id changed", "description changed", "title changed", "default changed", "schema removed"}
    | {"type extended", "pattern removed", "unique items removed", "enum array extended"}
    | {f"{word} {how}" for word in values.UPPER for how in ("increased", "removed")}
    | {f"{word} {how}" for word in values.LOWER for how in ("decreased", "removed")}
    | {"multiple of reduced", "multiple of removed"}
    | {"required attribute with default added", "required attribute removed"}
    | {"dependency array narrowed", "dependency array removed", "dependency schema removed"}
    | {f"{word} {how}" for word in values.RESTS for how in ("added", "extended")}
    | {"property with empty schema added to open content model"}
    | {"required property with default added to unopen content model"}
    | {"optional property added to unopen content model", "item added to closed content model"}
    | {"item with empty schema added to open content model"}
    | {f"{word} with false removed from closed content model" for word in ("property", "item")}
    | {f"{word} removed from open content model" for word in ("property", "item")}
    | {
        f"{word} {how} is covered by partially open content model"
        for word in ("property", "item")
        for how in ("added", "removed")
    }
    | {"combined type extended", "product type narrowed", "sum type extended", "not type narrowed"}
)
"""The classes that do not break, as the registry has it by default (its strict policy)."""


class TooLong(Exception):
    """A comparison came to more pairs than are looked at."""


def found(old: Shape, new: Shape) -> list[Found]:
    """Return what differs between two schemas: where, and of which class.

    A pair met again while it is under way counts as compatible, and so does one too deep to be looked at
    now. Where that was assumed and the pair broke, all is compared again knowing so, until nothing new
    breaks. Raises ``TooLong``.
    """
    budget, broken = [MOST_PAIRS], dict[tuple[int, int], list[Found]]()
    while True:
        comparison = _Comparison(broken, budget)
        result = comparison.compare(old, new)
        comparison.catch_up()
        now_broken = comparison.broken()
        if not comparison.assumed or now_broken.keys() == broken.keys():
            return result
        broken = now_broken


def breaks(differences: list[Found]) -> bool:
    """Tell whether any of some differences is of a class that breaks."""
    return bool(differences) and any(kind not in COMPATIBLE for _, kind in differences)


class _Comparison:
    """One pass over a pair of schemas, which remembers every pair it has compared."""

    def __init__(self, broken: dict[tuple[int, int], list[Found]], budget: list[int]) -> None:
        self._known: dict[tuple[int, int], list[Found]] = {}
        self._under_way: set[tuple[int, int]] = set()
        self._too_deep: list[tuple[Shape, Shape]] = []
        self._broken_before = broken
        self._budget = budget
        self.assumed = False
        self._by_kind: dict[str, Callable[[Shape, Shape], Iterator[Found]]] = {
            "number": values.numbers,
            "string": values.strings,
            "enum": values.enums,
            "const": values.constants,
            "combined": self._combined,
            "not": self._not,
            "object": self._objects,
            "array": self._arrays,
        }

    def broken(self) -> dict[tuple[int, int], list[Found]]:
        """Return the pairs that break, with what was found."""
        return {pair: differences for pair, differences in self._known.items() if breaks(differences)}

    def catch_up(self) -> None:
        """Compare the pairs that were too deep when they were met."""
        while self._too_deep:
            self.compare(*self._too_deep.pop())

    def compare(self, old: Shape | None, new: Shape | None) -> list[Found]:
        """Return what differs between two schemas, as if each stood alone."""
        if old is None or new is None:
            return [] if old is new else [((), "schema added" if old is None else "schema removed")]
        old, new = old.followed(), new.followed()
        pair = (id(old), id(new))
        if pair in self._known:
            return self._known[pair]
        if pair in self._under_way or len(self._under_way) >= DEEPEST:
            if pair not in self._under_way:
                self._too_deep.append((old, new))
            self.assumed = self.assumed or pair not in self._broken_before
            return self._broken_before.get(pair, [])
        self._budget[0] -= 1
        if self._budget[0] < 0:
            raise TooLong
        self._under_way.add(pair)
        self._known[pair] = _most(list(self._types(old, new)))
        self._under_way.discard(pair)
        return self._known[pair]

    def _types(self, old: Shape, new: Shape) -> Iterator[Found]:
        if (old.kind == "combined") != (new.kind == "combined"):
            differences = self._into(old, new) if new.kind == "combined" else self._out_of(old, new)
            if differences is not None:
                yield from differences
                return
        if old.kind != new.kind:
            decimals = old.loose.get("connect.type") == new.loose.get("connect.type") == "bytes"
            if not (old.kind == "false" or new.anything or decimals):
                yield (), "type changed"
            return
        for word in {**old.about, **new.about}:
            if canonical(old.about.get(word, ...)) != canonical(new.about.get(word, ...)):
                yield (), f"{word} changed"
        if old.kind in self._by_kind:
            yield from self._by_kind[old.kind](old, new)

    def _into(self, old: Shape, new: Shape) -> list[Found] | None:
        """Return what differs where a schema became one of several, or None where it is none of them."""
        if len(new.parts) == 1:
            differences = self.compare(old, new.parts[0])
            return None if breaks(differences) else differences
        if new.criterion != "allOf":
            for part in new.parts:
                if not breaks(differences := self.compare(old, part)):
                    return [*differences, ((), "sum type extended")]
        return None

    def _out_of(self, old: Shape, new: Shape) -> list[Found] | None:
        """Return what differs where one of several schemas is left, or None where it was none of them."""
        if len(old.parts) == 1:
            differences = self.compare(old.parts[0], new)
            return None if breaks(differences) else differences
        if old.criterion == "allOf":
            for part in old.parts:
                if not breaks(differences := self.compare(part, new)):
                    return [*differences, ((), "product type narrowed")]
        return None

    def _combined(self, old: Shape, new: Shape) -> Iterator[Found]:
        if old.criterion != new.criterion:
            yield (), f"combined type {(how := _criterion(old, new))}"
            if how == "changed":
                return
        olds, news = _distinct(old.parts), _distinct(new.parts)
        if len(olds) < len(news):
            yield (), f"{'product' if new.criterion == 'allOf' else 'sum'} type extended"
        elif len(olds) > len(news):
            yield (), f"{'product' if old.criterion == 'allOf' else 'sum'} type narrowed"
        edges: list[dict[int, list[Found]]] = []
        for one in olds:
            all_of_one = ((at, self.compare(one, other)) for at, other in enumerate(news))
            edges.append({at: differences for at, differences in all_of_one if not breaks(differences)})
        pairs = matched([list(each) for each in edges])
        for at, other in pairs.items():
            yield from _below((old.criterion, str(at)), edges[at][other])
        if len(pairs) < min(len(olds), len(news)):
            yield (), "combined type subschemas changed"

    def _not(self, old: Shape, new: Shape) -> Iterator[Found]:
        reversed_ = self.compare(new.facts["not"], old.facts["not"])
        yield ("not",), "not type extended" if breaks(reversed_) else "not type narrowed"

    def _objects(self, old: Shape, new: Shape) -> Iterator[Found]:
        yield from values.required(old, new)
        olds, news = old.facts.get("properties", {}), new.facts.get("properties", {})
        for name in dict.fromkeys([*olds, *news]):
            yield from _below(("properties", name), self._member(OBJECT, old, new, name))
        yield from values.dependencies(old, new)
        olds, news = old.facts.get("dependentSchemas", {}), new.facts.get("dependentSchemas", {})
        for name in dict.fromkeys([*olds, *news]):
            differences = values.present(olds, news, name, "dependency schema")
            one_by_one = differences or self.compare(olds[name], news[name])
            yield from _below(("dependentSchemas", name), one_by_one)
        yield from self._rest(OBJECT, old, new)
        yield from values.bounds(old, new, "maxProperties", "minProperties")

    def _arrays(self, old: Shape, new: Shape) -> Iterator[Found]:
        yield from _below(("items",), self.compare(old.facts.get("items"), new.facts.get("items")))
        for at in range(max(len(old.facts.get("prefix", ())), len(new.facts.get("prefix", ())))):
            yield from _below(("prefixItems", str(at)), self._member(ARRAY, old, new, at))
        yield from self._rest(ARRAY, old, new)
        yield from values.arrays(old, new)

    def _member(self, content: Content, old: Shape, new: Shape, name: Any) -> list[Found]:
        """Return what differs in a property or in an item of an array's start."""
        one, other = content.member(old, name), content.member(new, name)
        if one is not None and other is not None:
            return self.compare(one, other)
        if one is not None:
            return list(content.removed(one, new, name, self.compare, breaks))
        assert other is not None
        return list(content.added(old, other, new, name, self.compare, breaks))

    def _rest(self, content: Content, old: Shape, new: Shape) -> Iterator[Found]:
        """Yield what differs in what is allowed beside the members that are named."""
        yield from _below((content.rest_word,), content.rests(old, new, self.compare))
        yield from _below((content.unevaluated_word,), content.unevaluated(old, new, self.compare))


def _criterion(old: Shape, new: Shape) -> str:
    one, other = len(old.parts) == 1, len(new.parts) == 1
    widened = (
        new.criterion == "anyOf"
        or (one and other)
        or (one and new.criterion == "oneOf")
        or (other and old.criterion == "allOf")
    )
    return "extended" if widened else "changed"


def _distinct(parts: list[Shape]) -> list[Shape]:
    """Return parts of which each text occurs once; parts of different kinds need not be compared."""
    if len({part.kind for part in parts}) == len(parts):
        return parts
    return list({part.text(): part for part in parts}.values())


def _below(path: Path, differences: Any) -> Iterator[Found]:
    for inner, kind in differences:
        yield (*path, *inner), kind


def _most(differences: list[Found]) -> list[Found]:
    if len(differences) <= MOST_FOUND:
        return differences
    return sorted(differences, key=lambda each: each[1] in COMPATIBLE)[:MOST_FOUND]
