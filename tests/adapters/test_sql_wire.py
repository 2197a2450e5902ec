"""A PostgreSQL table behind a wire that fails: nothing takes effect twice, and every call ends."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from tests.sql_places import STOCK, PostgresPlace, at, items

from trunkline.adapters.sql.postgres import PostgresTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.kernel.errors import Retryable
from trunkline.testkit.proxy import Blackhole, Cut, FaultProxy, Reset
from trunkline.vault.secret import Secret


@pytest.fixture
def place(postgres):
    made = PostgresPlace(postgres)
    yield made
    made.remove()


@contextlib.asynccontextmanager
async def behind_a_wire(place, **settings):
    """Open a target whose rows add up, so that a second effect shows, and give the wire to it."""
    server = place.server
    given = TableSettings(**{"table": "stock", "sum": ("quantity",), "timeout_seconds": 5.0} | settings)
    async with FaultProxy("127.0.0.1", server.port) as wire:
        url = place.url.replace(f":{server.port}/", f":{wire.port}/") + "?sslmode=disable&gssencmode=disable"
        target = PostgresTable("stock", url, Secret(server.password), given, STOCK)
        await target.open()
        try:
            yield target, wire
        finally:
            await target.close()


def sold(offset):
    return items({"sku": "a", "quantity": 1}, {"sku": "b", "quantity": 1}, first=offset)


async def outcome(target, offset) -> str:
    """Deliver two sales; return the kind of what went wrong, or an empty text."""
    try:
        assert await target.deliver(sold(offset), at(offset + 2)) == [None, None]
    except Retryable as error:
        return error.kind
    return ""


# The wire breaks after every few bytes of a batch, in its statements, in COMMIT, in the answers to them, by a
# reset or an orderly end: the call fails, may be repeated, and then counts once.
@pytest.mark.parametrize(("direction", "step_bytes"), [("up", 37), ("down", 7)])
@pytest.mark.parametrize("break_", [Reset, Cut])
async def test_a_batch_that_is_broken_off_counts_once(place, break_, direction, step_bytes):
    async with behind_a_wire(place) as (target, wire):
        kinds = ["connection"]
        while kinds[-1]:
            offset = 2 * len(kinds) - 2
            wire.add("broken", break_(after_bytes=step_bytes * (len(kinds) - 1)), direction)
            kinds.append(await outcome(target, offset))
            wire.clear()
            assert await outcome(target, offset) == ""
    assert set(kinds[:-1]) == {"connection"}
    assert len(kinds) > 20, "it has been broken off in many places"
    assert place.ask("SELECT quantity FROM stock") == [(len(kinds) - 1,)] * 2
    assert place.ask("SELECT cursor FROM trunkline_progress") == [(2 * (len(kinds) - 1),)]


# A server that is not heard any more, though nobody closes the connection, is given up, by us or by itself:
# the call ends, may be repeated once the server has noticed too, and then counts once.
@pytest.mark.parametrize(
    ("direction", "after", "kind"),
    [("up", 0, "timeout"), ("up", 400, "unavailable"), ("down", 0, "timeout"), ("down", 60, "timeout")],
)
async def test_a_wire_that_goes_silent_is_given_up(place, direction, after, kind):
    async with behind_a_wire(place, timeout_seconds=1.0, lock_seconds=0.2) as (target, wire):
        wire.add("silent", Blackhole(after_bytes=after), direction)
        async with asyncio.timeout(10):
            assert await outcome(target, 0) == kind
        wire.clear()
        async with asyncio.timeout(10):
            while again := await outcome(target, 0):
                assert again in {"locked", "timeout"}
    assert place.ask("SELECT quantity FROM stock") == [(1,), (1,)]


# Connecting ends as well where nobody answers, where the connection breaks, and where it is refused.
@pytest.mark.parametrize("toxic", [Blackhole(), Cut(), Reset(after_bytes=30)])
async def test_connecting_ends(place, toxic):
    async with behind_a_wire(place, timeout_seconds=2.0) as (target, wire):
        await target.close()
        wire.add("broken", toxic, "down")
        async with asyncio.timeout(10):
            assert await outcome(target, 0) == "connection"
        await wire.refuse()
        assert await outcome(target, 0) == "connection"
