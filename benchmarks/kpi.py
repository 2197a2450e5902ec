"""KPIs: how long a view takes on a year of 1,000 events a second over 50 flows, and what counting costs.

The year is written straight into the store's sums: minutes as long as they are kept, hours and days of all.
Every view is asked for as the surfaces do, many times, on an open project, of spans that begin and end so
that as many minutes as can be have to be read; beside how long it took stands how much of a processor. The
cost is that of a flow into a table and into HTTP, with what counts and without, in turns.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw
import uvloop

from benchmarks.cost import into_http, into_table
from benchmarks.project import child, write
from benchmarks.scratch import peak_mb, scratch
from trunkline.adapters.sqlite import appending, counting, ledger
from trunkline.app.backbone import Backbone, opened, this_machine
from trunkline.app.kpis import Window, kpis, series
from trunkline.app.project import Project
from trunkline.app.run import FOLD_SECONDS
from trunkline.delivery import whole, window
from trunkline.delivery.rolling import Changes
from trunkline.kernel.clock import SECOND
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, STEPS, floor_to
from trunkline.kernel.sketch import EMPTY, Sketch, sketch_of

FLOWS, SHOPS, WAREHOUSES = 50, 10, 5
PER_SECOND = 1_000 // FLOWS
MINUTES_DAYS = 15
TURNS = 20
GOAL_MS = 300
ROUNDS = 3
GOAL_COST = 0.9
_PATHS = {"table": "a flow into a table", "http": "a flow into HTTP"}
_LARGE, _KINDS = 4_000, 64

View = Callable[[Backbone, int], Awaitable[object]]


def _window(now: int, days: float, what: dict[str, str]) -> Window:
    return Window(now - round(days * DAY) - 58 * MINUTE * (days >= 1), now, **what)


def report(days: float, by: Any = "", **what: str) -> View:
    """Return how a report over the last ``days`` is asked for."""
    return lambda backbone, now: kpis(backbone, _window(now, days, what), by)


def points(days: float, step: int, *, freshness: bool = False, **what: str) -> View:
    """Return how a series over the last ``days`` is asked for."""
    return lambda backbone, now: series(backbone, _window(now, days, what), step, freshness=freshness)


VIEWS: dict[str, View] = {
    "an hour": report(1 / 24),
    "a day by flow": report(1, "flow"),
    "a week by system": report(7, "system"),
    "a month by stream": report(30, "stream"),
    "a year": report(365),
    "a year by flow": report(365, "flow"),
    "a year by system": report(365, "system"),
    "a year by stream": report(365, "stream"),
    "a year of one flow": report(365, flow="flow-07"),
    "a day by the minute": points(1, 60),
    "a day by the minute of one flow, with freshness": points(1, 60, freshness=True, flow="flow-07"),
    "a month by the hour": points(30, 3_600),
    "a year by the day, with freshness": points(365, 86_400, freshness=True),
}


def large(folder: Path) -> None:
    """Write a project of 50 flows: ten shops with a stream each, five warehouses that take them all."""
    write(folder)
    shop, warehouse = (folder / f"systems/{name}.yaml" for name in ("shop", "warehouse"))
    contract, flow = folder / "contracts/order.odcs.yaml", folder / "flows/orders.yaml"
    texts = {path: path.read_text() for path in (shop, warehouse, contract, flow)}
    for path in texts:
        path.unlink()
    for number in range(SHOPS):
        renamed = texts[contract].replace("id: order\n", f"id: order{number}\n")
        renamed = renamed.replace("name: order\n", f"name: order{number}\n")
        contract.with_name(f"order{number}.odcs.yaml").write_text(renamed)
        own = (
            texts[shop].replace("system: shop", f"system: shop{number}").replace("order,", f"order{number},")
        )
        own = own.replace("drop", f"drop{number}").replace("/hooks/", f"/hooks/{number}/")
        shop.with_name(f"shop{number}.yaml").write_text(
            own.replace("secret://shop/", f"secret://shop{number}/")
        )
    for number in range(WAREHOUSES):
        own = texts[warehouse].replace("warehouse", f"warehouse{number}")
        warehouse.with_name(f"warehouse{number}.yaml").write_text(own)
    for number in range(FLOWS):
        own = texts[flow].replace("flow: orders", f"flow: flow-{number:02}")
        own = own.replace("order@1", f"order{number % SHOPS}@1")
        own = own.replace("warehouse.", f"warehouse{number // SHOPS}.")
        flow.with_name(f"flow-{number:02}.yaml").write_text(own)


def steps(now: int) -> Iterator[tuple[int, int]]:
    """Yield every span that sums are kept of, as its length and beginning."""
    for step in STEPS:
        since = now - (MINUTES_DAYS if step == MINUTE else 366) * DAY
        yield from ((step, start) for start in range(floor_to(step, since), now, step))


def fill(store: Path, now: int) -> None:
    """Write a year of sums."""
    chance, folded = random.Random(7), now - round(FOLD_SECONDS) * SECOND
    lags = {step: [_lags(chance, step) for _ in range(_KINDS)] for step in STEPS}
    packed = {step: [one.packed() for one in kinds] for step, kinds in lags.items()}
    totals = {
        step: [_together(kinds, first).packed() for first in range(_KINDS)] for step, kinds in lags.items()
    }

    def flows() -> Iterator[tuple[Any, ...]]:
        for step, start in steps(now):
            counts = _counts(step)
            for flow in range(1, FLOWS + 1):
                yield (step, start, flow, *counts, packed[step][(flow * 31 + start // step) % _KINDS])

    def together() -> Iterator[tuple[Any, ...]]:
        for step, start in _with_totals(steps(now), folded):
            counts = [FLOWS * count for count in _counts(step)]
            yield (step, start, *counts, totals[step][start // step % _KINDS])

    def sources() -> Iterator[tuple[Any, ...]]:
        for step, start in steps(now):
            events = PER_SECOND * step // 1_000_000
            for shop in range(SHOPS):
                yield step, start, f"order{shop}@1", f"shop{shop}/hook", events, events // 50, events // 90, 0

    connection = apsw.Connection(str(store))
    with connection:
        for number in range(FLOWS):
            connection.execute("INSERT INTO flow (name, cursor) VALUES (?, 0)", (f"flow-{number:02}",))
        connection.executemany(f"INSERT INTO flow_rollup VALUES ({', '.join('?' * 12)})", flows())
        connection.executemany(f"INSERT INTO total_rollup VALUES ({', '.join('?' * 11)})", together())
        connection.executemany(f"INSERT INTO source_rollup VALUES ({', '.join('?' * 8)})", sources())
        seen = [(f"order{shop}@1", f"shop{shop}/hook", now - 365 * DAY, now) for shop in range(SHOPS)]
        connection.executemany("INSERT INTO source_seen VALUES (?, ?, ?, ?)", seen)
        state = (folded, floor_to(HOUR, now - MINUTES_DAYS * DAY), 0)
        connection.execute("UPDATE rollup_state SET folded = ?, minutes_from = ?, hours_from = ?", state)
    connection.close()


def _with_totals(spans: Iterable[tuple[int, int]], folded: int) -> Iterator[tuple[int, int]]:
    """Yield the spans that have totals: minutes only before ``folded``."""
    return ((step, start) for step, start in spans if step > MINUTE or start < folded)


def _counts(step: int) -> tuple[int, ...]:
    """Return what a flow did in a span, but for its lags."""
    events = PER_SECOND * step // 1_000_000
    return (events, events // 500, 0, 0, 0, events // 9_000, events // 400, events // 300)


def _lags(chance: random.Random, step: int) -> Sketch:
    """Return as many lags as events, of some tens of milliseconds to some seconds: of 4,000 at most."""
    events = PER_SECOND * step // 1_000_000
    drawn = min(_LARGE, events)
    lanes = sketch_of(round(chance.lognormvariate(11.5, 0.8)) for _ in range(drawn)).lanes
    return Sketch(lanes * (events // drawn))


def _together(kinds: list[Sketch], first: int) -> Sketch:
    """Return the lags of all flows in a span whose flows have these kinds in turn."""
    return sum((kinds[(flow * 31 + first) % _KINDS] for flow in range(1, FLOWS + 1)), EMPTY)


async def views(folder: Path) -> dict[str, dict[str, float]]:
    """Return how long each view takes, in milliseconds."""
    large(folder)
    machine = this_machine({})
    now = floor_to(HOUR, machine.clock.now()) + 59 * MINUTE
    project = Project.load(folder)
    async with opened(project, machine):
        pass
    fill(project.store_path, now)
    found = {}
    async with opened(project, machine, roles=()) as backbone:
        for name, view in VIEWS.items():
            took, spent = [], time.process_time()
            for _ in range(TURNS):
                started = time.perf_counter()
                await view(backbone, now)
                took.append((time.perf_counter() - started) * 1_000)
            took.sort()
            cpu = (time.process_time() - spent) * 1_000 / TURNS
            found[name] = {"p50": statistics.median(took), "p95": took[TURNS * 95 // 100], "cpu": cpu}
    megabytes = project.store_path.stat().st_size / 1e6
    return found | {"": {"store_mb": megabytes, "rss_mb": peak_mb()}}


def count_nothing() -> None:
    """Take out all that counts."""
    appending.add_arrivals = ledger.add_deliveries = lambda *_: None
    counting.Counting.recorded = lambda *_: Changes()
    whole.lags_of = lambda *_: EMPTY
    window.sketch_of = lambda _: EMPTY


def main() -> None:
    """Measure one thing in this process."""
    with scratch() as folder:
        if sys.argv[1] == "views":
            print(json.dumps(uvloop.run(views(Path(folder)))))
            return
        if sys.argv[2] == "without":
            count_nothing()
        measure = into_table if sys.argv[1] == "table" else into_http
        spent = time.process_time()
        rate = uvloop.run(measure(Path(folder), guarded=True))
        print(json.dumps({"rate": rate, "cpu": time.process_time() - spent}))


def _views() -> list[dict[str, Any]]:
    found = child("kpi", "views")
    whole_store = found.pop("")
    return [
        {
            "path": f"KPIs, {name}",
            "p50_ms": took["p50"],
            "p99_ms": took["p95"],
            "rss_mb": whole_store["rss_mb"],
            "found": {"ms processor": took["cpu"], "MB store": whole_store["store_mb"]},
            "goal": f"p95 < {GOAL_MS} ms",
            "goal_met": took["p95"] < GOAL_MS,
        }
        for name, took in found.items()
    ]


def _cost(path: str) -> dict[str, Any]:
    orders = [("with", "without"), ("without", "with")]
    rounds = [{which: child("kpi", path, which) for which in orders[n % 2]} for n in range(ROUNDS)]
    ratio = statistics.median(one["without"]["cpu"] / one["with"]["cpu"] for one in rounds)
    return {
        "path": f"cost of counting, {_PATHS[path]}",
        "rate": statistics.median(one["with"]["rate"] for one in rounds),
        "ceiling_rate": statistics.median(one["without"]["rate"] for one in rounds),
        "ratio": ratio,
        "goal": f">= {GOAL_COST} of the same without it, by the processor's time",
        "goal_met": ratio >= GOAL_COST,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks kpi``."""
    records = await asyncio.to_thread(_views)
    return [*records, *[await asyncio.to_thread(_cost, path) for path in _PATHS]]


if __name__ == "__main__":
    main()
