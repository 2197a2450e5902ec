"""What comparing two versions of a schema comes to, as values: every way of comparing gives these.

*Backward* asks whether readers of the new version can read what the old side produces, *forward* whether
readers of the old version can read what the new side produces (the terms of schema registries).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from trunkline.kernel import json

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


Evidence: TypeAlias = Literal["", "example", "rule", "undecided"]
"""What shows that a change breaks a direction.

``example``: a document. ``rule``: no document shows it, which is proved; who judges refuses it by rule.
``undecided``: no document was found, and neither a proof that there is none. Empty where it does not break.
"""

_EXAMPLE_CHARACTERS = 400
_TOLD: dict[Evidence, str] = {
    "rule": "no document shows this: it is refused by rule",
    "undecided": "whether a document shows this is not decided",
}


class Example(msgspec.Struct, frozen=True):
    """A document that the producing side may write and the reading side refuses."""

    document: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs.

    ``pointer`` is the JSON pointer of its place in the version that has it, ``kind`` its class (listed in
    ``docs/reference/compatibility.md``), ``detail`` a sentence without a value of any record. Where it
    breaks a direction, the evidence of that direction tells what shows it, an example first of all; an
    ``undecided`` one has none.
    """

    pointer: str
    kind: str
    detail: str
    backward: Effect
    forward: Effect
    backward_example: Example | None = None
    forward_example: Example | None = None
    backward_evidence: Evidence = ""
    forward_evidence: Evidence = ""

    def __post_init__(self) -> None:
        """State that an example is the evidence, where there is one."""
        for direction in get_args(Direction):
            if self.example(direction) is not None:
                msgspec.structs.force_setattr(self, f"{direction}_evidence", "example")

    def effect(self, direction: Direction) -> Effect:
        """Return what it does to a direction."""
        return self.backward if direction == "backward" else self.forward

    def example(self, direction: Direction) -> Example | None:
        """Return what shows that it breaks a direction, if anything does."""
        return self.backward_example if direction == "backward" else self.forward_example

    def unshown(self, direction: Direction) -> str:
        """Say of a break of a direction that has no example why it has none; nothing of anything else."""
        return _TOLD.get(self.backward_evidence if direction == "backward" else self.forward_evidence, "")

    def told(self, direction: Direction) -> str:
        """Return how to go on a sentence about a break of a direction: for instance what, or why nothing."""
        example = self.example(direction)
        if example is None:
            return f"; {self.unshown(direction)}" if self.unshown(direction) else ""
        text = json.encode(example.document).decode()
        shortened = text if len(text) <= _EXAMPLE_CHARACTERS else f"{text[:_EXAMPLE_CHARACTERS]}..."
        return f", for instance {shortened}"


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
