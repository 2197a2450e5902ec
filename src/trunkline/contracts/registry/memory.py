"""The reference of ``Registry``: in memory, for tests and to say what each method means."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.contracts.registry.port import Overtaken
from trunkline.contracts.registry.version import EVERY, Entry, Subject, Version, subject_of


class MemoryRegistry:
    """A registry that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    async def subjects(self) -> list[str]:
        """Return the names of all subjects."""
        return sorted(self._entries.keys() - {EVERY})

    async def subject(self, name: str) -> Subject:
        """Return how a subject stands."""
        return subject_of(name, self._entries.get(name, ()))

    async def history(self, name: str) -> Sequence[Entry]:
        """Return every act on a subject."""
        return tuple(self._entries.get(name, ()))

    async def append(self, name: str, entry: Entry) -> Subject:
        """Keep an act."""
        subject = subject_of(name, self._entries.get(name, ()))
        if entry.number != subject.acts + 1:
            raise Overtaken(f"somebody else changed {name} just now: try again")
        subject = subject.after(entry)
        self._entries.setdefault(name, []).append(entry)
        return subject

    async def holding(self, content_id: int) -> list[Version]:
        """Return every version whose content has that id."""
        subjects = [await self.subject(name) for name in await self.subjects()]
        return [one for subject in subjects for one in subject.versions if one.content.id == content_id]
