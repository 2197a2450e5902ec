"""A process that delivers to a table is killed at random moments: no event is lost, none counts twice."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.sql_places import STOCK, opened

ROOT = Path(__file__).parents[2]

CHILD = """
import asyncio, random, sys
from pathlib import Path
from tests.sql_places import STOCK, at, items, FLOW
from trunkline.adapters.sql.connect import table_target
from trunkline.adapters.sql.table import TableSettings
from trunkline.vault.secret import Secret

async def main(url, password, events, batch):
    settings = TableSettings(table="stock", sum=("quantity",))
    target = table_target("stock", url, settings, STOCK, password=Secret(password))
    await target.open()
    progress = await target.progress(FLOW)
    start = progress.cursor if progress else 0
    print("ready", flush=True)
    for first in range(start, events, batch):
        last = min(events, first + batch)
        sold = [{"sku": f"k{n % 11}", "quantity": n} for n in range(first, last)]
        assert not any(await target.deliver(items(*sold, first=first), at(last)))
    await target.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""
ENDLESS, BATCH = 10**9, 50


async def test_a_killed_process_leaves_each_event_applied_once_or_not_yet(sql_place):
    """Killed at random moments and restarted from the stored progress, the totals equal the model."""
    place = sql_place
    async with opened(place.target(STOCK, sum=("quantity",))):
        pass
    chance = random.Random(20_260_131)
    for _ in range(10 if place.engine == "sqlite" else 4):
        await asyncio.to_thread(_run_child, place, ENDLESS, chance.uniform(0.0, 0.08))
        _compare(place)
    end = _compare(place) + 10 * BATCH + 7
    await asyncio.to_thread(_run_child, place, end, None)
    assert _compare(place) == end


def _run_child(place, events, kill_after):
    """Deliver from the stored progress to ``events``, killed so many seconds after it was ready."""
    url = f"sqlite:///{place.path}" if place.engine == "sqlite" else place.url
    password = "" if place.engine == "sqlite" else place.server.password
    command = [sys.executable, "-c", CHILD, url, password, str(events), str(BATCH)]
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=paths) as child:
        assert child.stdout.readline() == b"ready\n"
        if kill_after is not None:
            time.sleep(kill_after)  # the random moment itself; nothing waits for it
            child.kill()
    assert child.returncode == (0 if kill_after is None else -signal.SIGKILL)


def _compare(place):
    """Compare the table with the sum of all events below the stored cursor; return the cursor."""
    stored = place.ask(
        "SELECT s.sku, s.quantity, p.cursor FROM trunkline_progress p LEFT JOIN stock s ON true"
    )
    cursor = stored[0][2] if stored else 0
    model = {f"k{key}": sum(range(key, cursor, 11)) for key in range(min(11, cursor))}
    assert {sku: quantity for sku, quantity, _ in stored} == model
    return cursor
