"""Which entities of a stream are another one's duplicate: a port, and its in-memory reference.

An entity is what events of one key tell of. Its latest state has match values, at most one for each group of
fields that its contract matches by, see ``contracts.sameness``. Two entities with a match value in common
are one thing. An entity is a duplicate where it has a match value in common with an older one, that is, one
whose first event stands before its own: of n that share a value, n - 1 are duplicates.

What is kept are hashes, keyed by who calls, and never a value. ``trunkline.testkit.census`` is the suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class State(msgspec.Struct, frozen=True, gc=False):
    """The latest state of an entity: its hash, the offset of its event, and its match values.

    A match value is the number of its group, one byte, and the hash of the values, 16 bytes.
    """

    entity: bytes
    offset: int
    matches: tuple[bytes, ...]


class Slice(msgspec.Struct, frozen=True):
    """What a piece of a stream says: the states of its entities, each once, by the first event of each in it.

    ``rules`` is a print of what is matched by, ``next`` the offset after the piece, ``at`` when it was
    looked at (microseconds).
    """

    rules: bytes
    next: int
    at: int
    states: Sequence[State]


class Mark(msgspec.Struct, frozen=True):
    """How far a stream is counted, and what came of it; ``rules`` is empty where it is being forgotten."""

    rules: bytes
    next: int
    at: int
    entities: int = 0
    duplicates: int = 0


class Shared(msgspec.Struct, frozen=True):
    """A match value that several entities have: how many, and the latest offsets of the oldest of them."""

    match: bytes
    entities: int
    offsets: tuple[int, ...]


class Census(Protocol):
    """Keeps what is known of each stream's entities. Methods raise ``StoreError`` and nothing of a driver."""

    async def marks(self) -> dict[str, Mark]:
        """Return how far each stream is counted."""

    async def count(self, stream: str, piece: Slice) -> None:
        """Take in a piece of a stream, the one that follows, and its mark, in one step."""

    async def forget(self, stream: str) -> None:
        """Forget all of a stream: it is counted from its beginning again."""

    async def shared(self, stream: str, values: int, entities: int) -> list[Shared]:
        """Return match values that several entities have, those of most first, each with its oldest ones."""


class MemoryCensus:
    """The reference: counts anew whenever it is asked."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}
        self._states: dict[str, dict[bytes, State]] = {}

    async def marks(self) -> dict[str, Mark]:
        """Return how far each stream is counted."""
        return {
            stream: msgspec.structs.replace(
                mark, entities=len(self._states[stream]), duplicates=self._duplicates(stream)
            )
            for stream, mark in self._marks.items()
        }

    async def count(self, stream: str, piece: Slice) -> None:
        """Take in a piece of a stream."""
        self._marks[stream] = Mark(piece.rules, piece.next, piece.at)
        self._states.setdefault(stream, {}).update({state.entity: state for state in piece.states})

    async def forget(self, stream: str) -> None:
        """Forget all of a stream."""
        self._marks.pop(stream, None)
        self._states.pop(stream, None)

    async def shared(self, stream: str, values: int, entities: int) -> list[Shared]:
        """Return match values that several entities have."""
        offsets: dict[bytes, list[int]] = {}
        for state in self._states.get(stream, {}).values():
            for match in state.matches:
                offsets.setdefault(match, []).append(state.offset)
        found = [
            Shared(match, len(those), tuple(those[:entities]))
            for match, those in offsets.items()
            if len(those) > 1
        ]
        return sorted(found, key=lambda one: (-one.entities, one.match))[:values]

    def _duplicates(self, stream: str) -> int:
        seen: set[bytes] = set()
        duplicates = 0
        for state in self._states[stream].values():  # in the order of their first events
            duplicates += not seen.isdisjoint(state.matches)
            seen.update(state.matches)
        return duplicates
