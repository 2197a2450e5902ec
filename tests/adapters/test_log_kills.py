"""The embedded log keeps its word when its process is killed."""

from __future__ import annotations

import asyncio
import random
import signal
import sys

from tests.sqlite_engine import SqliteEngine

from trunkline.testkit.eventlog import read_all

_CHILD = """
import asyncio, sys
from pathlib import Path
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SystemClock
from trunkline.testkit.eventlog import STREAM, event

async def main(path, first):
    log = await SqliteLog.open(Store(path), Sealer(bytes(range(32))), SystemClock())
    async def caller(lane):
        number = first + lane
        while True:
            [placed] = await log.append(STREAM, [event(number)])
            print(number, placed.offset, flush=True)
            number += 8
    await asyncio.gather(*(caller(lane) for lane in range(8)))

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


# A process killed in the middle of its commits, ten times over: everything acknowledged is there, once.
async def test_killed_ten_times_nothing_acknowledged_is_lost(tmp_path):
    engine = SqliteEngine(tmp_path)
    chance = random.Random(20_110_501)
    acknowledged = {}
    for round_number in range(10):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, str(engine.path), str(round_number * 1_000_000), stdout=-1
        )
        for _ in range(chance.randint(1, 60)):
            number, offset = (await child.stdout.readline()).split()
            acknowledged[int(offset)] = int(number)
        child.send_signal(signal.SIGKILL)
        rest, _ = await child.communicate()
        for line in rest.decode().splitlines():
            if len(line.split()) == 2 and line.split()[1]:
                acknowledged.setdefault(int(line.split()[1]), int(line.split()[0]))
    log = await engine.open()
    stored = dict(await read_all(log))
    assert list(stored) == list(range(len(stored)))
    assert len({one.id for one in stored.values()}) == len(stored)
    assert {offset: stored[offset].id for offset in acknowledged} == {
        offset: f"id-{number}" for offset, number in acknowledged.items()
    }
    assert [verdict.fault async for verdict in log.verify() if verdict.fault] == []
    await engine.close()
