"""What was refused and is kept: the port of the quarantine, and its in-memory reference.

Intake puts an arrival here, durably and before its sender is answered, where it does not pass its
contract; a person lists, reads, mends, releases or discards it. ``trunkline.testkit.quarantine`` is the
suite that every implementation passes.
"""

from __future__ import annotations

import builtins
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.connectors.source import Arrival
from trunkline.kernel.errors import BusyError
from trunkline.kernel.rollup import NO_ARRIVALS, Arrivals, Minutes

Status: TypeAlias = Literal["open", "released", "discarded"]
How: TypeAlias = Literal["released", "discarded"]

RETRY_AFTER_SECONDS = 60.0
"""When a sender should come back while the quarantine is full: a person has to make room."""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong: where (a JSON pointer), which rule, and what was expected; never a value."""

    pointer: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


class Entry(msgspec.Struct, frozen=True):
    """What is known of a refused arrival without opening it.

    ``kind`` is the class of the first refusal (``contract``, ``json``, ``identity`` and so on).
    ``arrived`` and ``last_seen`` are microseconds and ``count`` how often the same arrival came.
    ``raw_bytes`` is its size.
    """

    id: str
    source: str
    stream: str
    contract: str
    place: str
    correlation: str
    arrived: int
    last_seen: int
    count: int
    kind: str
    reasons: tuple[Reason, ...]
    raw_bytes: int
    status: Status = "open"
    resolution: Resolution | None = None


class Resolution(msgspec.Struct, frozen=True):
    """How an entry ended: who decided it, why, and when in microseconds."""

    how: How
    by: str
    why: str
    at: int


class Held(msgspec.Struct, frozen=True):
    """An entry with the arrival it stands for, byte for byte as it came."""

    entry: Entry
    arrival: Arrival

    @property
    def key(self) -> bytes:
        """What makes another arrival the same one: its source, its identity, and its bytes.

        Only an arrival without an identity is told apart by its place: a file that is sent again under
        another name is the same file, and two equal lines of one file are both real.
        """
        arrival = self.arrival
        kind, name = ("identity", arrival.identity) if arrival.identity else ("place", arrival.place)
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.entry.source, kind, name):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(arrival.raw)
        return digest.digest()


class Query(msgspec.Struct, frozen=True):
    """Which entries to list, newest first: those with every value given here; empty means any.

    ``rule`` is that of the first reason, ``text`` a part of any reason as it reads. ``since`` and ``until``
    bound when an entry arrived, in microseconds, the end not included. ``before`` is the last id of the page
    before. With ``after`` the list is oldest first and begins behind that id; empty begins with the oldest.
    """

    source: str = ""
    kind: str = ""
    status: Status | None = "open"
    before: str = ""
    limit: int = 100
    after: str | None = None
    ids: tuple[str, ...] = ()
    stream: str = ""
    rule: str = ""
    text: str = ""
    correlation: str = ""
    contract: str = ""
    since: int = 0
    until: int = 0


class Group(msgspec.Struct, frozen=True):
    """Entries of one source that were refused for one reason, the first of theirs.

    ``pointer`` has ``-`` for the number of an item. ``arrivals`` is how often they came in all, ``first``
    when the first arrived and ``last`` when one was seen last, in microseconds; ``example`` is the oldest.
    """

    source: str
    stream: str
    kind: str
    rule: str
    pointer: str
    entries: int
    arrivals: int
    first: int
    last: int
    example: str


class Count(msgspec.Struct, frozen=True):
    """How many entries of one source have one kind and status, and how many arrivals they stand for."""

    source: str
    kind: str
    status: Status
    entries: int
    arrivals: int


class QuarantineLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the quarantine holds open at most; above it senders are told to come back."""

    entries: int = 100_000
    """Open entries."""

    bytes: int = 256 * 1_048_576
    """Bytes of the arrivals that open entries stand for."""


class Quarantine(Protocol):
    """A durable place for refused arrivals. Methods raise ``StoreError`` and nothing of a driver."""

    async def put(self, held: Sequence[Held]) -> None:
        """Keep ``held`` and return once it is durable.

        An arrival that is here already (same ``key``) is not kept twice: its ``count`` and
        ``last_seen`` go up, and while it is open it gets the newer reasons. Raises ``BusyError`` where
        not all fit, and then keeps none.
        """

    async def list(self, query: Query) -> Sequence[Entry]:
        """Return entries that match, newest first, or oldest first with ``after``."""

    async def groups(self, query: Query) -> Sequence[Group]:
        """Return all that ``query`` asks for behind ``after``, grouped by ``group_of``; see ``grouped``."""

    async def get(self, entry_id: str) -> Held | None:
        """Return one entry with its bytes, or None where there is none of that id."""

    async def amend(self, entry_id: str, kind: str, reasons: Sequence[Reason]) -> None:
        """Replace the reasons of an open entry: it was tried again and is still refused."""

    async def resolve(self, entry_id: str, resolution: Resolution) -> bool:
        """End an open entry, keeping its bytes; False where it is not there or ended already."""

    async def counts(self) -> Sequence[Count]:
        """Return how much is here, by source, kind and status."""

    async def trim(self, before: int) -> int:
        """Remove what was resolved before ``before`` (microseconds) and return how many went."""


def full(limits: QuarantineLimits) -> BusyError:
    """Return the error that says the quarantine is full."""
    return BusyError(
        f"the quarantine holds its {limits.entries} entries or {limits.bytes} bytes: "
        "release or discard some, or raise its limits",
        RETRY_AFTER_SECONDS,
    )


class MemoryQuarantine:
    """The reference: what the suite is written against, for tests and trials. It keeps nothing on disk.

    ``sums`` is how much was refused, by stream and source.
    """

    def __init__(self, limits: QuarantineLimits | None = None) -> None:
        self._limits = limits or QuarantineLimits()
        self._held: dict[str, Held] = {}
        self._ids: dict[bytes, str] = {}
        self.sums: Minutes[tuple[str, str], Arrivals] = Minutes(NO_ARRIVALS)

    async def put(self, held: Sequence[Held]) -> None:
        """Keep ``held``, or count again what is here."""
        new = {one.key: one for one in held if one.key not in self._ids}
        opened = [one.entry for one in self._held.values() if one.entry.status == "open"]
        opened += [one.entry for one in new.values()]
        if new and (
            len(opened) > self._limits.entries or sum(e.raw_bytes for e in opened) > self._limits.bytes
        ):
            raise full(self._limits)
        for one in held:
            self._put(one)

    def _put(self, one: Held) -> None:
        entry = one.entry
        self.sums.add((entry.stream, entry.source), entry.last_seen, Arrivals(refused=1))
        known = self._ids.setdefault(one.key, one.entry.id)
        if known == one.entry.id:
            self._held[known] = one
            return
        before = self._held[known].entry
        newer = {"kind": one.entry.kind, "reasons": one.entry.reasons} if before.status == "open" else {}
        self._change(known, count=before.count + 1, last_seen=one.entry.last_seen, **newer)

    def _change(self, entry_id: str, **changes: object) -> None:
        one = self._held[entry_id]
        entry = msgspec.structs.replace(one.entry, **changes)
        self._held[entry_id] = Held(entry, one.arrival)

    async def list(self, query: Query) -> Sequence[Entry]:
        """Return entries that match."""
        found = self._matches(query)
        if query.after is None:
            found = [entry for entry in reversed(found) if not query.before or entry.id < query.before]
        else:
            found = [entry for entry in found if entry.id > query.after]
        return found[: query.limit]

    def _matches(self, query: Query) -> builtins.list[Entry]:
        found = (one.entry for one in self._held.values() if _matches(one.entry, query))
        return sorted(found, key=lambda entry: entry.id)

    async def groups(self, query: Query) -> Sequence[Group]:
        """Return entries grouped by their first reason."""
        return grouped(group_of(one) for one in self._matches(query) if one.id > (query.after or ""))

    async def get(self, entry_id: str) -> Held | None:
        """Return one entry with its bytes."""
        return self._held.get(entry_id)

    async def amend(self, entry_id: str, kind: str, reasons: Sequence[Reason]) -> None:
        """Replace the reasons of an open entry."""
        if entry_id in self._held and self._held[entry_id].entry.status == "open":
            self._change(entry_id, kind=kind, reasons=tuple(reasons))

    async def resolve(self, entry_id: str, resolution: Resolution) -> bool:
        """End an open entry."""
        if entry_id not in self._held or self._held[entry_id].entry.status != "open":
            return False
        self._change(entry_id, status=resolution.how, resolution=resolution)
        return True

    async def counts(self) -> Sequence[Count]:
        """Return how much is here, by source, kind and status."""
        entries: Counter[tuple[str, str, Status]] = Counter()
        arrivals: Counter[tuple[str, str, Status]] = Counter()
        for one in self._held.values():
            group = (one.entry.source, one.entry.kind, one.entry.status)
            entries[group] += 1
            arrivals[group] += one.entry.count
        return [Count(*group, entries[group], arrivals[group]) for group in sorted(entries)]

    async def trim(self, before: int) -> int:
        """Remove what was resolved before ``before``."""
        gone = [
            one
            for one in self._held.values()
            if one.entry.resolution is not None and one.entry.resolution.at < before
        ]
        for one in gone:
            del self._held[one.entry.id]
            del self._ids[one.key]
        return len(gone)


def _matches(entry: Entry, query: Query) -> bool:
    return (
        query.source in ("", entry.source)
        and query.kind in ("", entry.kind)
        and query.status in (None, entry.status)
        and (not query.ids or entry.id in query.ids)
        and query.stream in ("", entry.stream)
        and query.rule in ("", _first(entry).rule)
        and (not query.text or any(query.text in str(reason) for reason in entry.reasons))
        and query.correlation in ("", entry.correlation)
        and query.contract in ("", entry.contract)
        and query.since <= entry.arrived
        and (not query.until or entry.arrived < query.until)
    )


def _first(entry: Entry) -> Reason:
    return entry.reasons[0] if entry.reasons else Reason("", "", "")


def group_of(entry: Entry) -> Group:
    """Return the group that one entry alone is."""
    reason = _first(entry)
    return Group(
        entry.source,
        entry.stream,
        entry.kind,
        reason.rule,
        reason.pointer,
        1,
        entry.count,
        entry.arrived,
        entry.last_seen,
        entry.id,
    )


_ITEM = re.compile(r"/[0-9]+(?=/|$)")


def grouped(parts: Iterable[Group]) -> builtins.list[Group]:
    """Put parts of groups together, whichever item of an array they are about, the largest first."""
    groups: dict[tuple[str, ...], Group] = {}
    for part in parts:
        pointer = _ITEM.sub("/-", part.pointer)
        name = (part.source, part.stream, part.kind, part.rule, pointer)
        known = groups.get(name)
        groups[name] = replace(
            part,
            pointer=pointer,
            entries=part.entries + (known.entries if known else 0),
            arrivals=part.arrivals + (known.arrivals if known else 0),
            first=min(part.first, known.first) if known else part.first,
            last=max(part.last, known.last) if known else part.last,
            example=min(part.example, known.example) if known else part.example,
        )
    return [groups[name] for name in sorted(groups, key=lambda name: (-groups[name].entries, name))]
