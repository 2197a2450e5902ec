"""Plays the day: writes the project, runs it, lets the systems act, waits, and asks what came of it.

Called by ``trunkline demo``. Everything it reports is read back from where a user would look: the
ledger, the quarantine, the warehouse's own table, the shop's own count.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from trunkline.app.backbone import Backbone, Machine, opened
from trunkline.app.demo.day import ORDERS, ROWS_AN_HOUR, Day, retail_day
from trunkline.app.demo.stage import ShopInterface, drop_files, send_orders, write_demo
from trunkline.app.project import Project
from trunkline.app.run import OpensDoor, running
from trunkline.delivery.ledger import CaseQuery, FlowStatus
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.signals import Accepted, Refused, Signal

SEED = 20261201
EXPECTED = {"till rows": 10 * ROWS_AN_HOUR, "orders": round(ORDERS * 1.05), "deliveries": 7_500}
"""What moves in a day and about how much of it, for a progress bar."""

_DAY = 86_400 * SECOND
_LOOK_SECONDS = 0.1
_LONGEST_SECONDS = 50.0


class SourceStory(msgspec.Struct):
    """What came in by one source: new events, repetitions, and refusals by reason."""

    source: str
    accepted: int = 0
    duplicates: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)


class FlowStory(msgspec.Struct, frozen=True):
    """What one flow delivered, and how late: seconds from stored to effect."""

    flow: str
    delivered: int
    retried: int
    dead: int
    p50_seconds: float
    p99_seconds: float


class Story(msgspec.Struct, frozen=True):
    """The whole day as it was found afterwards.

    ``articles_right`` of ``articles`` have the stock that was added up without Trunkline. ``confirmed``
    counts the orders the shop has, ``answers`` what its calls were answered, by HTTP status, and
    ``dead`` the dead letters by cause.
    """

    folder: Path
    seconds: float
    sources: list[SourceStory]
    flows: list[FlowStory]
    articles: int
    articles_right: int
    confirmed: int
    answers: dict[int, int]
    dead: dict[str, int]


Told = Callable[[str, int], None]
"""Hears how far the day is: what moved, and by how much."""


async def play(folder: Path, machine: Machine, opens_door: OpensDoor, told: Told, seed: int = SEED) -> Story:
    """Play a day in ``folder``, which must be empty; raises ``TrunklineError`` where it does not end."""
    midnight = machine.clock.now() // _DAY * _DAY
    day = retail_day(seed, midnight)
    shop = ShopInterface(seed)
    sources: dict[str, SourceStory] = {}
    machine.signals.listen(lambda signal: _note(sources, signal))
    started = machine.clock.monotonic()
    async with shop.server:
        key = write_demo(folder, shop.server.url)
        project = Project.load(folder)
        async with opened(project, machine) as backbone:
            async with running(backbone, opens_door) as run:
                files = drop_files(folder / "till", day.files, lambda rows: told("till rows", rows))
                await files
                answers = await send_orders(
                    run.address, key, day.calls, machine.clock, lambda calls: told("orders", calls)
                )
                await _drained(backbone, folder / "till", told)
            flows = [await _flow_story(backbone, status) for status in await backbone.ledger.status()]
            dead = await _causes(backbone)
    seconds = machine.clock.monotonic() - started
    right = _articles_right(folder / "state" / "warehouse.db", day)
    return Story(
        folder=folder,
        seconds=seconds,
        sources=list(sources.values()),
        flows=flows,
        articles=len(day.sold),
        articles_right=right,
        confirmed=len(shop.confirmed),
        answers=dict(sorted(answers.items())),
        dead=dead,
    )


def _note(sources: dict[str, SourceStory], signal: Signal) -> None:
    if not isinstance(signal, Accepted | Refused):
        return
    story = sources.setdefault(signal.source, SourceStory(signal.source))
    if isinstance(signal, Refused):
        story.refused[signal.reason] += signal.events
    else:
        story.accepted += signal.events
        story.duplicates += signal.duplicates


async def _drained(backbone: Backbone, till: Path, told: Told) -> None:
    """Return once every file is done and every flow has nothing left but dead letters."""
    clock = backbone.machine.clock
    give_up = clock.monotonic() + _LONGEST_SECONDS
    settled = 0
    while True:
        statuses = await backbone.ledger.status()
        now_settled = sum(status.cursor for status in statuses)
        told("deliveries", now_settled - settled)
        settled = now_settled
        if not _exports(till) and await _nothing_left(backbone, statuses):
            return
        if clock.monotonic() > give_up:
            raise TrunklineError(f"the day did not end within {_LONGEST_SECONDS:g} s: see trunkline status")
        await clock.sleep(_LOOK_SECONDS)


def _exports(till: Path) -> list[Path]:
    return list(till.glob("*.csv"))


async def _nothing_left(backbone: Backbone, statuses: list[FlowStatus]) -> bool:
    ends = {info.stream: info.next for info in await backbone.log.streams()}
    streams = {flow.name: flow.contract.stream for flow in backbone.project.flows.values()}
    cursors = {status.flow: status for status in statuses}
    return all(
        name in cursors and cursors[name].cursor == ends.get(stream) and not cursors[name].waiting
        for name, stream in streams.items()
    )


async def _flow_story(backbone: Backbone, status: FlowStatus) -> FlowStory:
    stream = backbone.project.flows[status.flow].contract.stream
    late: list[float] = []
    retried = 0
    start = 0
    while (page := await backbone.log.read(stream, start)).events:
        for offset, event in enumerate(page.events, page.base):
            fate = await backbone.ledger.fate(status.flow, offset)
            if fate.state == "delivered":
                late.append((fate.at - event.recorded) / SECOND)
                retried += fate.attempt > 1
        start = page.next
    late.sort()
    return FlowStory(
        flow=status.flow,
        delivered=len(late),
        retried=retried,
        dead=status.dead,
        p50_seconds=late[len(late) // 2] if late else 0.0,
        p99_seconds=late[len(late) * 99 // 100] if late else 0.0,
    )


async def _causes(backbone: Backbone) -> dict[str, int]:
    found = await backbone.ledger.find(CaseQuery(state="dead", limit=10_000))
    return dict(Counter(f"{case.tries[-1].kind}: {case.tries[-1].detail}" for _, case in found if case.tries))


def _articles_right(warehouse: Path, day: Day) -> int:
    """Look into the warehouse's table as an outsider would; count the articles that are as they should be."""
    with contextlib.closing(sqlite3.connect(f"file:{warehouse}?mode=ro", uri=True)) as connection:
        stock = dict(connection.execute("SELECT sku, sold FROM stock"))
    return sum(stock.get(sku) == sold for sku, sold in day.sold.items())
