"""The use-case behind ``trunkline contract users``: who is still on a version of a contract, and how much.

What sources bring is counted in the log, by the version that each event was given in; what flows did is in
the ledger. Both say the same whether the project runs or not, and after every restart. Of each stream no
more than its latest events are read, so the answer comes in bounded time however long a log is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Literal

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.versions import is_at, registry_of
from trunkline.contracts.registry.acts import find
from trunkline.contracts.registry.semantic import SemVer, semver
from trunkline.contracts.registry.version import State, Version
from trunkline.delivery.starting import first_since
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.event import Event

_PAGE = 1_000


class User(msgspec.Struct, frozen=True):
    """A source or a flow that is on a version: how many events it brought or delivered, and the last one.

    ``configured`` tells whether the project's files have it on that version now: one that they do not has
    left it, or was removed.
    """

    kind: Literal["source", "flow"]
    name: str
    events: int
    last_seen: str | None
    configured: bool


class VersionUsers(msgspec.Struct, frozen=True):
    """Who is on a version since it came to its state; times are RFC 3339.

    ``whole`` tells whether all events since then were looked at. Else those of sources are counted among
    the latest ones, from ``counted_from`` on.
    """

    contract: str
    state: State
    since: str
    sunset: str | None
    whole: bool
    counted_from: str
    users: list[User]


class _Seen(msgspec.Struct):
    """What was seen of a source: how many events, and when the last one came (microseconds)."""

    events: int = 0
    last: int = 0


async def users(backbone: Backbone, ref: str, last: int) -> list[VersionUsers]:
    """Tell who is on the version called ``ref``, or on each one that is deprecated or retired.

    Of each stream the ``last`` events are looked at. Raises ``UsageError`` for a version that is not there.
    """
    registry = registry_of(backbone.project.folder)
    if ref:
        _, version = await find(registry, ref)
        return [await _users(backbone, version, last)]
    subjects = [await registry.subject(name) for name in await registry.subjects()]
    leaving = [
        one for subject in subjects for one in subject.versions if one.state in ("deprecated", "retired")
    ]
    return [await _users(backbone, one, last) for one in leaving]


async def _users(backbone: Backbone, version: Version, last: int) -> VersionUsers:
    since = version.since if version.state in ("deprecated", "retired") else version.at
    seen: dict[str, _Seen] = {}
    whole, counted_from = True, since
    for info in await backbone.log.streams():
        name, _, major = info.stream.rpartition("@")
        if name != version.subject or int(major) < version.semantic.major:
            continue
        begin = await first_since(backbone.log, info, since)
        start = max(begin, info.next - last)
        first = 0
        async for event in _events(backbone, info, start):
            first = first or event.recorded
            if _is_of(event, version):
                one = seen.setdefault(event.source, _Seen())
                one.events, one.last = one.events + 1, event.recorded
        if start > begin:
            whole, counted_from = False, max(counted_from, first)
    found = [*_sources(backbone, version, seen), *await _flows(backbone, version, since)]
    return VersionUsers(
        version.ref,
        version.state,
        to_rfc3339(since),
        None if version.sunset is None else to_rfc3339(version.sunset),
        whole,
        to_rfc3339(counted_from),
        found,
    )


async def _events(backbone: Backbone, info: StreamInfo, start: int) -> AsyncIterator[Event]:
    while start < info.next:
        page = await backbone.log.read(info.stream, start, min(_PAGE, info.next - start))
        if not page.events:
            return
        for event in page.events:
            yield event
        start = page.next


def _is_of(event: Event, version: Version) -> bool:
    subject, number = _named(event.given or event.contract)
    return subject == version.subject and number == version.semantic


@lru_cache(1_024)
def _named(ref: str) -> tuple[str, SemVer]:
    subject, _, number = ref.rpartition("@")
    return subject, semver(number)


def _sources(backbone: Backbone, version: Version, seen: dict[str, _Seen]) -> list[User]:
    configured = {
        name
        for name, one in backbone.project.sources.items()
        if is_at(one.given, version) or is_at(one.contract, version)
    }
    return [
        _user("source", name, seen.get(name, _Seen()), name in configured)
        for name in sorted({*configured, *seen})
    ]


async def _flows(backbone: Backbone, version: Version, since: int) -> list[User]:
    status = {one.flow: one for one in await backbone.ledger.status()}
    found = []
    for name, flow in sorted(backbone.project.flows.items()):
        if not any(is_at(one, version) for one in (flow.contract, flow.reads, flow.target.contract)):
            continue
        counts = await backbone.ledger.counts(name, since, backbone.machine.clock.now() + 1)
        last = status[name].delivered_at if name in status else 0
        found.append(_user("flow", name, _Seen(counts.delivered + counts.late, last), configured=True))
    return found


def _user(kind: Literal["source", "flow"], name: str, seen: _Seen, configured: bool) -> User:  # noqa: FBT001  a fact
    return User(kind, name, seen.events, to_rfc3339(seen.last) if seen.last else None, configured)
