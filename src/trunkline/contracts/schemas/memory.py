"""The reference of ``SchemaStore``: in memory, for tests and to say what each method means."""

from __future__ import annotations

import msgspec

from trunkline.contracts.compat.difference import Mode
from trunkline.contracts.schemas.store import SchemaVersion


class MemorySchemas:
    """A store that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._versions: dict[str, list[SchemaVersion]] = {}
        self._modes: dict[str, Mode] = {}

    async def subjects(self) -> list[str]:
        """Return the names of all subjects."""
        return sorted(self._versions)

    async def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject."""
        return list(self._versions.get(subject, ()))

    async def holding(self, identifier: int) -> list[SchemaVersion]:
        """Return every version with that id."""
        return [one for each in self._versions.values() for one in each if one.id == identifier]

    async def add(self, version: SchemaVersion, _author: str) -> bool:
        """Keep a version."""
        versions = self._versions.get(version.subject, [])
        if version.number != len(versions) + 1:
            return False
        self._versions[version.subject] = [*versions, version]
        return True

    async def retire(self, subject: str, number: int, _author: str) -> None:
        """Take a version out of use."""
        versions = self._versions[subject]
        versions[number - 1] = msgspec.structs.replace(versions[number - 1], retired=True)

    async def mode(self, subject: str) -> Mode | None:
        """Return what was set for a subject."""
        return self._modes.get(subject)

    async def set_mode(self, subject: str, mode: Mode | None, _author: str) -> None:
        """Set or unset it."""
        if mode is None:
            self._modes.pop(subject, None)
        else:
            self._modes[subject] = mode
