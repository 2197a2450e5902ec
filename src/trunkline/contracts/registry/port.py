"""The port of a registry: acts by subject, only ever added to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from trunkline.contracts.registry.version import Entry, Subject, Version
from trunkline.kernel.errors import TrunklineError


class Overtaken(TrunklineError):
    """Somebody else's act on the subject came first: read it again, and decide again."""


class Registry(Protocol):
    """Keeps every act on every subject, durably and unchanged.

    Every method raises ``ProjectError`` where what is kept was damaged or altered, and ``StoreError`` where
    it cannot be read or written.
    """

    async def subjects(self) -> list[str]:
        """Return the names of all subjects, sorted; ``EVERY`` is none."""

    async def subject(self, name: str) -> Subject:
        """Return how a subject stands; one that nobody registered has no versions."""

    async def history(self, name: str) -> Sequence[Entry]:
        """Return every act on a subject, the first one first."""

    async def append(self, name: str, entry: Entry) -> Subject:
        """Keep an act and return the subject after it; once it returns, the act survives a power cut.

        Raises ``Overtaken`` where the subject's next act has another number, ``ValueError`` for an act that
        makes no sense of the subject.
        """

    async def holding(self, content_id: int) -> list[Version]:
        """Return every version, of whichever subject, whose content has that id."""
