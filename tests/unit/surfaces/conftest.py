"""A written project and the command line on it, in process."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from tests.unit.surfaces.doors import Echo

from trunkline.app.backbone import opened, this_machine
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.delivery.ledger import Case, Record, Try
from trunkline.surfaces import cli
from trunkline.surfaces.door import Door, serve
from trunkline.testkit.clock import CountingIds

FLOW = "orders-to-warehouse"


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


@pytest.fixture
def trunkline(capsys, folder):
    """Run a command on the project; returns its exit code and what it printed and complained."""

    def run(*words):
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, words), "--project", str(folder)])
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


@pytest.fixture
def orders(folder):
    """Write a file of so many orders, each of its own key, changed by what is given."""

    def write(count, **changes):
        example = json.loads((folder / "examples/order.json").read_text("utf-8"))
        several = [
            json.dumps({**example, "event_id": f"e{n}", "order_id": f"100{n}", **changes})
            for n in range(count)
        ]
        path = folder / "orders.jsonl"
        path.write_text("\n".join(several), "utf-8")
        return path

    return write


@pytest.fixture
def bury(folder):
    """Record everything stored as settled, the ``offsets`` of it as dead letters."""

    async def record(offsets, cursor):
        async with opened(Project.load(folder), this_machine({})) as backbone:
            now = backbone.machine.clock.now()
            died = (Try(now, "http-422", "the shop refused it"),)
            cases = [Case(n, f"100{n}", "dead", holds=True, attempts=3, at=now, tries=died) for n in offsets]
            await backbone.ledger.record(Record(FLOW, now, cursor=cursor, cases=cases))

    return lambda offsets, cursor: asyncio.run(record(offsets, cursor))


@pytest.fixture(name="opened")
async def open_door():
    """Give an echo endpoint and a client session on an open door."""
    echo = Echo()
    listening = await serve(Door({"/hooks/a": echo}, CountingIds()), "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.port}") as session:
        yield echo, session, listening
    await listening.close()
