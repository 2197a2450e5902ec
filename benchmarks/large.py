"""A large project in a large state: 50 systems, 100 streams, 500 flows, a store that has seen trouble.

``benchmarks/room.py`` looks at it as people do. Four flows have 25,000 dead letters each, of a few causes,
some with events held behind them; 10,000 arrivals are in quarantine; there is a month of sums.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from benchmarks.orders import order
from benchmarks.project import APPEND, TOKEN, write
from trunkline.adapters.keyfile.private import write_private
from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.project import Project
from trunkline.connectors.source import Arrival
from trunkline.delivery.ledger import Case, Range, Record, Try
from trunkline.intake.quarantine import Entry, Held, Reason
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, WEEK, floor_to
from trunkline.kernel.sketch import EMPTY, sketch_of

SHOPS, WAREHOUSES, STREAMS, FLOWS = 25, 25, 100, 500
TROUBLED, LETTERS_EACH, HELD_EACH = 4, 25_000, 2_000
REFUSED, EVENTS_EACH, DAYS = 10_000, 300, 31
PER_MINUTE = 6
_KINDS = {MINUTE: DAY, HOUR: DAYS * DAY, DAY: DAYS * DAY, WEEK: DAYS * DAY}
_CAUSES = (
    ("rejected", "422: the order has no customer in this shop"),
    ("rejected", "422: the currency is not one of ours"),
    ("unavailable", "503: try again later"),
    ("timeout", "no answer in 10 s"),
    ("mapping", "/lines/3/price: not a number"),
    ("conflict", "409: order 4711 is closed"),
)
_REASONS = (
    Reason("/total", "minimum", "less than 0"),
    Reason("/customer/id", "required", "is missing"),
    Reason("/currency", "pattern", "does not match ^[A-Z]{3}$"),
)


def stream_of(flow: int) -> int:
    """Return which stream a flow reads: the first ones read one each before any has two."""
    return flow % STREAMS


def flow_name(number: int) -> str:
    """Return the name of a flow."""
    return f"flow-{number:03}"


def write_large(folder: Path) -> None:
    """Write the project: each system publishes two streams and takes ten tables."""
    write(folder)
    texts = {path.stem: path.read_text() for path in folder.glob("*/*.yaml")}
    for path in [*folder.glob("systems/*.yaml"), *folder.glob("flows/*.yaml")]:
        path.unlink()
    contract = folder / "contracts/order.odcs.yaml"
    order_text = contract.read_text()
    contract.unlink()
    for number in range(STREAMS):
        renamed = order_text.replace("id: shop-order\n", f"id: shop-order{number}\n")
        renamed = renamed.replace("name: order\n", f"name: order{number}\n")
        contract.with_name(f"order{number}.odcs.yaml").write_text(renamed)
    for number in range(SHOPS):
        (folder / f"systems/shop-{number:02}.yaml").write_text(_shop(number))
    for number in range(WAREHOUSES):
        (folder / f"systems/warehouse-{number:02}.yaml").write_text(_warehouse(number))
    for number in range(FLOWS):
        own = texts["orders"].replace("flow: orders", f"flow: {flow_name(number)}")
        own = own.replace("order@1", f"order{stream_of(number)}@1")
        own = own.replace("warehouse.", f"warehouse-{number // (FLOWS // WAREHOUSES):02}.").replace(
            ".orders", f".table{number}"
        )
        (folder / f"flows/{flow_name(number)}.yaml").write_text(own)
    (folder / "state/secrets.yaml").unlink()
    write_private(folder / "state/secrets.yaml", f"shop: {{hook: {TOKEN}}}\n".encode())


def source_of(stream: int) -> str:
    """Return the name of the source that writes a stream."""
    return f"shop-{stream // (STREAMS // SHOPS):02}/hook{stream}"


def _shop(number: int) -> str:
    each = STREAMS // SHOPS
    streams = [
        f"  - {{stream: order{one}, name: hook{one}, via: webhook, path: /hooks/{one}, "
        "verify: {bearer: secret://shop/hook}}"
        for one in range(number * each, (number + 1) * each)
    ]
    return "\n".join([_head(f"shop-{number:02}"), "publishes:", *streams, ""])


def _warehouse(number: int) -> str:
    each = FLOWS // WAREHOUSES
    tables = [
        f"  - {{name: table{one}, contract: row@1, via: table, table: table{one}}}"
        for one in range(number * each, (number + 1) * each)
    ]
    connection = f"connection: {{sqlite: state/warehouse-{number:02}.db}}"
    return "\n".join([_head(f"warehouse-{number:02}"), connection, "accepts:", *tables, ""])


def _head(name: str) -> str:
    return f"system: {name}\ntitle: {name}\nkind: shop\nowner: {{team: Bench, contact: bench@example.com}}"


async def fill_large(folder: Path) -> tuple[str, str]:
    """Fill the store through its own doors, sums apart; return a refused arrival and the token to log in."""
    project, machine = Project.load(folder), this_machine({})
    now = machine.clock.now()
    async with opened(project, machine) as backbone:
        for stream in range(STREAMS):
            await _events(backbone, stream, _count(stream))
        for flow in range(FLOWS):
            await _settled(backbone, flow)
        for flow in range(TROUBLED):
            await _letters(backbone, flow, now)
        refused = await _refused(backbone, now)
        token = (await perform(backbone, RotateToken("bench"))).token
    fill_sums(project.store_path, now)
    for warehouse in range(WAREHOUSES):
        _note_progress(folder, warehouse)
    return refused, token


async def _events(backbone: Backbone, stream: int, count: int) -> None:
    ids, now = backbone.machine.ids, backbone.machine.clock.now()
    source = source_of(stream)
    for start in range(0, count, APPEND):
        events = [
            Event(
                id=str(number),
                source=source,
                type="order",
                subject=f"ord-{number:08d}",
                time=now,
                recorded=now,
                contract=f"order{stream}@1.0.0",
                correlation=ids.trace_id(),
                data=order(number),
            )
            for number in range(start, min(start + APPEND, count))
        ]
        await backbone.log.append(f"order{stream}@1", events)


def _count(flow: int) -> int:
    """Return how many events a flow's stream has: each that has letters needs an event for each."""
    return LETTERS_EACH + HELD_EACH if stream_of(flow) < TROUBLED else EVENTS_EACH


def _note_progress(folder: Path, warehouse: int) -> None:
    """Have a warehouse say that all flows to it are through: it is what they go by, not their ledger."""
    each = FLOWS // WAREHOUSES
    flows = range(warehouse * each, (warehouse + 1) * each)
    connection = apsw.Connection(str(folder / f"state/warehouse-{warehouse:02}.db"))
    connection.execute(
        'CREATE TABLE "trunkline_progress" ("flow" TEXT NOT NULL PRIMARY KEY, "cursor" BIGINT NOT NULL,'
        " \"last_event\" TEXT NOT NULL DEFAULT '')"
    )
    rows = [(f"bench/{flow_name(flow)}", _count(flow)) for flow in flows]
    connection.executemany('INSERT INTO "trunkline_progress" ("flow", "cursor") VALUES (?, ?)', rows)
    connection.close()


async def _settled(backbone: Backbone, number: int) -> None:
    count, now = _count(number), backbone.machine.clock.now()
    settled = None if number < TROUBLED else Range(0, count - 1, 1, now, now)
    record = Record(flow_name(number), now, count, settled, stream=f"order{stream_of(number)}@1")
    await backbone.ledger.record(record)


async def _letters(backbone: Backbone, flow: int, now: int) -> None:
    """Store letters of many entities over a month, the oldest cause the most frequent, and what they hold."""
    chance = random.Random(flow)
    cases = []
    for offset in range(LETTERS_EACH):
        kind, detail = _CAUSES[min(chance.randrange(12), len(_CAUSES) - 1)]
        at = now - chance.randrange(DAYS * DAY)
        tries = tuple(Try(at - back * SECOND, kind, detail) for back in (70, 30, 0))
        cases.append(
            Case(
                offset,
                f"ord-{offset:08d}",
                "dead",
                holds=True,
                attempts=3,
                at=at,
                since=at - 70 * SECOND,
                correlation=f"{offset:032x}",
                tries=tries,
                contract=f"order{flow}@1.0.0",
                time=at - 90 * SECOND,
            )
        )
    for number in range(HELD_EACH):
        key = f"ord-{number % 200:08d}"
        cases.append(Case(LETTERS_EACH + number, key, "held", holds=True, at=now, time=now))
    for start in range(0, len(cases), APPEND):
        await backbone.ledger.record(Record(flow_name(flow), now, cases=cases[start : start + APPEND]))


async def _refused(backbone: Backbone, now: int) -> str:
    chance, held = random.Random(7), list[Held]()
    for start in range(0, REFUSED, APPEND):
        held.clear()
        for number in range(start, start + APPEND):
            stream, reason, raw = number % 20, chance.choice(_REASONS), order(number)
            source = source_of(stream)
            at = now - chance.randrange(DAYS * DAY)
            entry = Entry(
                backbone.machine.ids.uuid7(),
                source,
                f"order{stream}@1",
                f"order{stream}@1.0.0",
                f"request {number}",
                f"{number:032x}",
                at,
                at,
                1,
                "contract",
                (reason,),
                len(raw),
            )
            held.append(Held(entry, Arrival(raw, f"request {number}")))
        await backbone.quarantine.put(held)
    return held[-1].entry.id


def fill_sums(store: Path, now: int) -> None:
    """Write the sums of a month in which every flow had events every minute; of minutes those of a day."""
    chance = random.Random(7)
    kinds = {
        step: [sketch_of([round(chance.lognormvariate(11.5, 0.8)) for _ in range(count)]) for _ in range(16)]
        for step, count in zip(_KINDS, (PER_MINUTE, 360, 2_000, 4_000), strict=True)
    }

    lags = {step: [one.packed() for one in of] for step, of in kinds.items()}
    all_lags = {
        step: [
            sum((of[(flow + first) % 16] for flow in range(1, FLOWS + 1)), EMPTY).packed()
            for first in range(16)
        ]
        for step, of in kinds.items()
    }

    def counts(step: int) -> tuple[int, ...]:
        events = PER_MINUTE * step // MINUTE
        return (events, events // 500, 0, 0, 0, events // 9_000, events // 400, events // 300)

    def flows() -> Iterator[tuple[Any, ...]]:
        for step, start in _spans(now):
            for flow in range(1, FLOWS + 1):
                yield (step, start, flow, *counts(step), lags[step][(flow + start // step) % 16])

    def together() -> Iterator[tuple[Any, ...]]:
        for step, start in _spans(floor_to(HOUR, now)):
            all_counts = [FLOWS * count for count in counts(step)]
            yield (step, start, *all_counts, all_lags[step][start // step % 16])

    def sources() -> Iterator[tuple[Any, ...]]:
        for step, start in _spans(now):
            for one in range(STREAMS):
                yield step, start, f"order{one}@1", source_of(one), PER_MINUTE * step // MINUTE, 0, 0, 0

    connection = apsw.Connection(str(store))
    with connection:
        connection.executemany(f"INSERT OR REPLACE INTO flow_rollup VALUES ({', '.join('?' * 12)})", flows())
        connection.executemany(
            f"INSERT OR REPLACE INTO total_rollup VALUES ({', '.join('?' * 11)})", together()
        )
        connection.executemany(
            f"INSERT OR REPLACE INTO source_rollup VALUES ({', '.join('?' * 8)})", sources()
        )
        state = (floor_to(HOUR, now), floor_to(HOUR, now - DAY), 0)
        connection.execute("UPDATE rollup_state SET folded = ?, minutes_from = ?, hours_from = ?", state)
    connection.close()


def _spans(now: int) -> Iterator[tuple[int, int]]:
    """Yield every span that sums are kept of, as its length and beginning."""
    for step, length in _KINDS.items():
        yield from ((step, start) for start in range(floor_to(step, now - length), now, step))
