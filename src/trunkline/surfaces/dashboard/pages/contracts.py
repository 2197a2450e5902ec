"""Contracts: their versions as registered, what differs between two, who is on which, and drift seen."""

from __future__ import annotations

import asyncio
from typing import TypeAlias, cast, get_args

import msgspec

from trunkline.app.comparing import Comparison, judged, registered
from trunkline.app.drift import DriftLine, drift
from trunkline.app.users import User, VersionUsers, users
from trunkline.app.versions import registry_of, users_of
from trunkline.contracts.compat.difference import Mode
from trunkline.contracts.registry.version import Subject, Version
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.dashboard.page import ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.tables import Column, found, ordered, paged

CONTRACTS = f"{ROOM}/contracts"
LATEST = 1_000
"""How many of a stream's latest events are looked at for users and drift; the commands look further back."""
KEPT_SECONDS = 30
"""How long users and drift are shown as they were found."""

COLUMNS = (
    Column("stream", "Contract"),
    Column("version", "Version"),
    Column("state", "State"),
    Column("owner", "Owner"),
    Column("versions", "Registered", numeric=True),
    Column("users", "Users", numeric=True),
)


class ContractRow(msgspec.Struct, frozen=True):
    """A contract of the project and its state in the registry; ``versions`` are registered in all."""

    stream: str
    name: str
    version: str
    title: str
    state: str
    owner: str
    versions: int
    users: int


class VersionRow(msgspec.Struct, frozen=True):
    """A registered version: its state with when, by whom and why it was registered; times are RFC 3339."""

    version: str
    ref: str
    state: str
    since: str
    because: str
    sunset: str | None
    registered: str
    author: str
    reason: str


class UserRow(msgspec.Struct, frozen=True):
    """Who is on a version, as its CSV has it: see ``app.users.User``."""

    contract: str
    kind: str
    name: str
    events: int
    last_seen: str | None
    configured: bool


class ContractPage(msgspec.Struct, frozen=True):
    """One contract: versions, who is on each, drift, and what differs between the two that were chosen."""

    streams: tuple[str, ...]
    versions: tuple[VersionRow, ...]
    users: list[VersionUsers]
    drifts: list[DriftLine]
    old: str
    new: str
    mode: Mode
    comparison: Comparison | None
    problem: str


def _subjects(asked: Asked) -> dict[str, Subject]:
    registry = registry_of(asked.backbone.project.folder)
    return {name: registry.read(name) for name in registry.names()}


Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


async def _registered(asked: Asked) -> tuple[Stamp, dict[str, Subject]]:
    """Return every subject, and the state of the journals: they are read again only where one changed."""
    folder = registry_of(asked.backbone.project.folder).file("x").parent

    def stamp() -> Stamp:
        states = ((path.name, path.stat()) for path in sorted(folder.glob("*.jsonl")))
        return tuple((name, one.st_mtime_ns, one.st_size) for name, one in states)

    state = await asyncio.to_thread(stamp)
    return state, await asked.sights.memory.made("registry", state, lambda: _subjects(asked))


async def _load_contracts(asked: Asked) -> View:
    state, subjects = await _registered(asked)
    whole = await asked.sights.memory.made("contracts", state, lambda: _rows(asked, subjects))
    rows = ordered(
        found(whole, asked, ("stream", "title", "owner", "version", "state")), asked, COLUMNS, "stream"
    )
    return View("Contracts", paged(rows, asked, "contracts", COLUMNS, len(whole), "stream"), rows)


def _rows(asked: Asked, subjects: dict[str, Subject]) -> list[ContractRow]:
    project, rows = asked.backbone.project, []
    for stream, one in sorted(project.contracts.items()):
        subject = subjects.get(one.name, Subject(one.name))
        known = next((each for each in subject.versions if each.ref == one.ref), None)
        owner, used = ", ".join(project.owners_of(one)), len(users_of(project, one))
        state = known.state if known else "unregistered"
        rows.append(
            ContractRow(stream, one.name, one.version, one.title, state, owner, len(subject.versions), used)
        )
    return rows


async def _load_contract(asked: Asked) -> View:
    (state, subjects), name, project = (
        await _registered(asked),
        asked.parts["contract"],
        asked.backbone.project,
    )
    streams = tuple(sorted(one.stream for one in project.contracts.values() if one.name == name))
    if not streams and name not in subjects:
        raise NotThere(f'there is no contract "{name}"')
    versions = sorted(subjects.get(name, Subject(name)).versions, key=lambda one: one.semantic, reverse=True)
    refs = [one.ref for one in versions]
    new, old = (*refs, "", "")[:2]
    new, old = (asked.value(key, otherwise) for key, otherwise in (("new", new), ("old", old)))
    given = asked.value("mode", "full")
    mode = cast(Mode, given if given in get_args(Mode) else "full")
    compared, problem = None, ""
    if old and new and old != new:
        try:
            compared = await _compared(asked, old, new, mode, state)
        except TrunklineError as error:
            problem = str(error)
    used = [await _users(asked, ref) for ref in refs[:10]]
    drifts = [line for stream in streams for line in await _drift(asked, stream)]
    rows = tuple(_version(one) for one in versions)
    shown = ContractPage(streams, rows, used, drifts, old, new, mode, compared, problem)
    lists = {
        "versions": rows,
        "differences": compared.changes if compared else (),
        "users": [_user(version.contract, one) for version in used for one in version.users],
        "drift": drifts,
    }
    return View(name, shown, None, (("Contracts", CONTRACTS),), lists=lists)


def _user(contract: str, one: User) -> UserRow:
    return UserRow(contract, **msgspec.structs.asdict(one))


def _version(one: Version) -> VersionRow:
    sunset = None if one.sunset is None else to_rfc3339(one.sunset)
    since, at = to_rfc3339(one.since), to_rfc3339(one.at)
    return VersionRow(one.version, one.ref, one.state, since, one.because, sunset, at, one.author, one.reason)


async def _compared(asked: Asked, old: str, new: str, mode: Mode, state: Stamp) -> Comparison:
    """Compare two registered versions; anything else in the address is none of ours to read."""
    folder = asked.backbone.project.folder
    before, after = await registered(folder, old), await registered(folder, new)
    return await asked.sights.memory.made(
        f"compare {old} {new} {mode}", state, lambda: judged(before, after, mode, "practical")
    )


def _turn(asked: Asked) -> int:
    return asked.backbone.machine.clock.now() // (KEPT_SECONDS * SECOND)


async def _users(asked: Asked, ref: str) -> VersionUsers:
    async def work() -> VersionUsers:
        [one] = await users(asked.backbone, ref, LATEST)
        return one

    return await asked.sights.memory.of(f"users {ref}", _turn(asked), work)


async def _drift(asked: Asked, stream: str) -> list[DriftLine]:
    async def work() -> list[DriftLine]:
        [one] = await drift(asked.backbone, stream, LATEST)
        return one.drifts

    return await asked.sights.memory.of(f"drift {stream}", _turn(asked), work)


LIST_PAGE = Page(
    "contracts",
    "/contracts",
    "Contracts",
    "Every contract: its version and that version's state in the registry, its owner, how many use it.",
    _load_contracts,
    "Project",
    "v",
    10.0,
)
CONTRACT_PAGE = Page(
    "contract",
    "/contracts/{contract}",
    "Contract",
    "One contract: versions with state, author and reason, what differs between two, who is on which, drift.",
    _load_contract,
    every_seconds=30.0,
)
PAGES = (LIST_PAGE, CONTRACT_PAGE)
