"""What a schema says of members it does not name: the *content model* of Confluent's comparison.

*Open*: anything may stand beside the named ones. *Closed*: nothing. *Partially open*: what has some shape.
A property or an item that comes or goes is judged by it. Objects and arrays differ in little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import re2

from trunkline.contracts.compat.confluent_shapes import Shape

Found: TypeAlias = tuple[tuple[str, ...], str]
Compare: TypeAlias = Callable[[Shape | None, Shape | None], list[Found]]
Breaks: TypeAlias = Callable[[list[Found]], bool]


@dataclass(frozen=True, slots=True)
class Content:
    """The words of one of the two: what a member is called, and what speaks of the others."""

    noun: str
    named: str
    rest_word: str
    rest_noun: str
    unevaluated_word: str
    unevaluated_noun: str

    def member(self, shape: Shape, name: Any) -> Shape | None:
        """Return what a schema says of a member by name (of a property) or by place (of an item)."""
        members = shape.facts.get(self.named)
        if isinstance(members, list):
            return members[name] if name < len(members) else None
        return members.get(name) if members else None

    def removed(
        self, old: Shape, model: Shape, name: Any, compare: Compare, breaks: Breaks
    ) -> Iterator[Found]:
        """Yield what it means that a member is no longer named."""
        if self._open(model):
            yield (), f"{self.noun} removed from open content model"
        elif (covering := self._covering(model, name)) is not None:
            yield from self._covered("removed", compare(old, covering), breaks)
        elif old.kind == "false":
            yield (), f"{self.noun} with false removed from closed content model"
        else:
            yield (), f"{self.noun} removed from closed content model"

    def added(
        self, model: Shape, new: Shape, whole: Shape, name: Any, compare: Compare, breaks: Breaks
    ) -> Iterator[Found]:
        """Yield what it means that a member is named now."""
        if self._open(model):
            empty = new.anything
            how = f"{self.noun} with empty schema" if empty else self._asked(new, whole, name)
            yield (), f"{how} added to open content model"
            return
        covering = self._covering(model, name)
        if covering is not None:
            yield from self._covered("added", compare(covering, new), breaks)
        if self is OBJECT:
            yield (), f"{self._asked(new, whole, name)} added to unopen content model"
        elif covering is None:
            yield (), "item added to closed content model"

    def rests(self, old: Shape, new: Shape, compare: Compare) -> list[Found]:
        """Return what differs in what members that are not named may be."""
        if self._permits(old) != self._permits(new):
            return [((), f"{self.rest_noun} {'added' if self._permits(new) else 'removed'}")]
        one, other = old.facts.get("rest"), new.facts.get("rest")
        if (one is None) != (other is None):
            return [((), f"{self.rest_noun} {'narrowed' if one is None else 'extended'}")]
        return compare(one, other)

    def unevaluated(self, old: Shape, new: Shape, compare: Compare) -> list[Found]:
        """Return what differs in what members that nothing else speaks of may be."""
        one, other = self._unevaluated(old), self._unevaluated(new)
        if one is None and other is None:
            return []
        closed, closing = one is not None and one.kind == "false", other is not None and other.kind == "false"
        if closed != closing:
            return [((), f"{self.unevaluated_noun} {'added' if closed else 'removed'}")]
        if one is None or (other is not None and one.anything and not other.anything):
            return [((), f"{self.unevaluated_noun} narrowed")]
        if other is None or (other.anything and not one.anything):
            return [((), f"{self.unevaluated_noun} extended")]
        return compare(one, other)

    def _asked(self, new: Shape, whole: Shape, name: Any) -> str:
        if self is ARRAY:
            return "item"
        if name not in whole.facts.get("required", ()):
            return "optional property"
        return f"required property{' with default' if 'default' in new.about else ''}"

    def _covered(self, how: str, differences: list[Found], breaks: Breaks) -> Iterator[Found]:
        yield from differences
        covered = "not covered" if breaks(differences) else "is covered"
        yield (), f"{self.noun} {how} {covered} by partially open content model"

    def _unevaluated(self, shape: Shape) -> Shape | None:
        said = shape.loose.get(self.unevaluated_word)
        return said if isinstance(said, Shape) else None

    def _permits(self, shape: Shape) -> bool:
        return "closed" not in shape.facts or "rest" in shape.facts or "items" in shape.facts

    def _open(self, shape: Shape) -> bool:
        said = self._unevaluated(shape)
        named = shape.facts.get("patternProperties") or "rest" in shape.facts
        return self._permits(shape) and not named and (said is None or said.anything)

    def _covering(self, model: Shape, name: Any) -> Shape | None:
        """Return what a partially open model says of a member it does not name."""
        patterns: dict[str, Shape] = model.facts.get("patternProperties", {})
        for pattern, shape in patterns.items():
            if _matches(pattern, name):
                return shape
        rest: Shape | None = model.facts.get("rest")
        if rest is not None:
            return rest
        said = self._unevaluated(model) if self._permits(model) else None
        return None if said is None or said.kind == "false" or said.anything else said


def _matches(pattern: str, name: str) -> bool:
    try:
        return re2.search(pattern, name) is not None
    except re2.error as error:
        raise ValueError(f"the pattern {pattern!r} is not one of linear time: {error}") from None


OBJECT: Final = Content(
    "property",
    "properties",
    "additionalProperties",
    "additional properties",
    "unevaluatedProperties",
    "unevaluated properties",
)
ARRAY: Final = Content(
    "item", "prefix", "additionalItems", "additional items", "unevaluatedItems", "unevaluated items"
)
