"""Who did what to a project, when and why: the port of the audit, and its in-memory reference.

Every act of a person goes through ``app.acts.perform``, which writes it here twice: before it begins, so
that none has an effect without a line here, and when it ended. ``trunkline.testkit.audit`` is the suite that
every implementation passes. Nothing here holds a payload.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

Outcome: TypeAlias = Literal["begun", "done", "failed"]
"""An act that is still ``begun`` is under way, or the process ended during it."""


class AuditEntry(msgspec.Struct, frozen=True):
    """One act: when (microseconds) and by whom, what it was, what it was about (JSON), and why.

    ``before`` and ``after`` are the states it led from and to, ``count`` how many things it changed, and
    ``failure`` says why it failed. ``number`` grows with each act.
    """

    number: int
    at: int
    by: str
    what: str
    about: str
    why: str
    outcome: Outcome = "begun"
    before: str = ""
    after: str = ""
    count: int = 0
    failure: str = ""


class Begun(msgspec.Struct, frozen=True):
    """What is known of an act before it has any effect."""

    at: int
    by: str
    what: str
    about: str = "{}"
    why: str = ""


class Ended(msgspec.Struct, frozen=True):
    """What came of an act; see ``AuditEntry``."""

    outcome: Literal["done", "failed"] = "done"
    before: str = ""
    after: str = ""
    count: int = 0
    failure: str = ""


class AuditQuery(msgspec.Struct, frozen=True):
    """Which acts to list: those with every value given here; ``text`` is a part of ``about`` or ``why``.

    ``since`` and ``until`` are microseconds, the end not included. ``before`` is the number of the last one
    of the page before; 0 begins with the newest.
    """

    by: str = ""
    what: str = ""
    text: str = ""
    since: int = 0
    until: int = 0
    before: int = 0
    limit: int = 100


class Audit(Protocol):
    """A durable record of acts. Methods raise ``StoreError`` and nothing of a driver."""

    async def begin(self, act: Begun) -> int:
        """Write down, durably, that an act begins; return its number."""

    async def end(self, number: int, ended: Ended) -> None:
        """Write down what came of it."""

    async def list(self, query: AuditQuery) -> list[AuditEntry]:
        """Return acts that match, newest first."""

    async def trim(self, before: int) -> int:
        """Remove acts begun before ``before`` (microseconds) and return how many went."""


class MemoryAudit:
    """The reference, for tests and trials: it forgets with the process."""

    def __init__(self) -> None:
        self._entries: dict[int, AuditEntry] = {}
        self._number = 0

    async def begin(self, act: Begun) -> int:
        """Write down that an act begins."""
        self._number += 1
        self._entries[self._number] = AuditEntry(self._number, act.at, act.by, act.what, act.about, act.why)
        return self._number

    async def end(self, number: int, ended: Ended) -> None:
        """Write down what came of it."""
        self._entries[number] = replace(self._entries[number], **msgspec.structs.asdict(ended))

    async def list(self, query: AuditQuery) -> list[AuditEntry]:
        """Return acts that match, newest first."""
        found = [entry for entry in reversed(self._entries.values()) if _matches(entry, query)]
        return found[: query.limit]

    async def trim(self, before: int) -> int:
        """Remove acts begun before ``before``."""
        old = [number for number, entry in self._entries.items() if entry.at < before]
        for number in old:
            del self._entries[number]
        return len(old)


def _matches(entry: AuditEntry, query: AuditQuery) -> bool:
    return (
        query.by in ("", entry.by)
        and query.what in ("", entry.what)
        and (query.text in entry.about or query.text in entry.why)
        and query.since <= entry.at
        and (not query.until or entry.at < query.until)
        and (not query.before or entry.number < query.before)
    )
