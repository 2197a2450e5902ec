"""What comparing two versions of a schema comes to, as values: every way of comparing gives these.

*Backward* asks whether readers of the new version can read what the old side produces, *forward* whether
readers of the old version can read what the new side produces (the terms of schema registries).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

import msgspec

Direction: TypeAlias = Literal["backward", "forward"]

Effect: TypeAlias = Literal["compatible", "undecided", "breaking"]
"""What a change does to one direction. ``undecided``: neither proved harmless nor shown to break."""

Policy: TypeAlias = Literal["practical", "strict", "confluent"]
"""How it is compared.

``strict``: any document that one side may produce has to be taken by the other. ``practical``: the same of
producers that write the fields they know, and readers that ignore those they do not know. ``confluent``:
the verdicts of Confluent's Schema Registry.
"""

Mode: TypeAlias = Literal[
    "none",
    "backward",
    "backward_transitive",
    "forward",
    "forward_transitive",
    "full",
    "full_transitive",
]
"""What a new version owes to those before it: to the last one, or transitively to all."""

Schema: TypeAlias = dict[str, Any] | bool
"""A JSON Schema."""

_EFFECTS: tuple[Effect, ...] = get_args(Effect)


class Example(msgspec.Struct, frozen=True):
    """A document that the producing side may write and the reading side refuses."""

    document: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs.

    ``pointer`` is the JSON pointer of its place in the version that has it, ``kind`` its class (listed in
    ``docs/reference/compatibility.md``), ``detail`` a sentence without a value of any record. Where it
    breaks a direction, the example of that direction shows it; an ``undecided`` one has none.
    """

    pointer: str
    kind: str
    detail: str
    backward: Effect
    forward: Effect
    backward_example: Example | None = None
    forward_example: Example | None = None

    def effect(self, direction: Direction) -> Effect:
        """Return what it does to a direction."""
        return self.backward if direction == "backward" else self.forward


class Difference(msgspec.Struct, frozen=True):
    """All that differs between two versions; no change at all where they say the same."""

    policy: Policy
    changes: tuple[Change, ...] = ()

    def effect(self, direction: Direction) -> Effect:
        """Return the worst that any change does to a direction."""
        return worst(change.effect(direction) for change in self.changes)


def worst(effects: Iterable[Effect]) -> Effect:
    """Return the worst of some effects; ``compatible`` of none."""
    return max(effects, key=_EFFECTS.index, default="compatible")
