"""Groups of arrivals become pages; a group that failed is forgotten before the next."""

from __future__ import annotations

import asyncio

import apsw
import pytest

from trunkline.adapters.sqlite.appending import Appender, Arrival, LogSettings
from trunkline.adapters.sqlite.dedupe import Dedupe, Shape
from trunkline.adapters.sqlite.prints import Prints
from trunkline.adapters.sqlite.store import migrate
from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.port import Appended
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.limits import Limits
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import event, events


@pytest.fixture
def connection():
    connection = apsw.Connection(":memory:")
    migrate(connection)
    yield connection
    connection.close()


@pytest.fixture
def appender():
    settings = LogSettings(limits=Limits(page_events=4))
    dedupe = Dedupe(bytes(32), 0, Shape(run_keys=5))
    return Appender(PageCodec(Sealer(bytes(32))), Prints(bytes(32)), dedupe, ManualClock(), settings)


def _arrival(stream, batch):
    return Arrival(stream, batch, 0, asyncio.Future())


# Arrivals of one stream share pages, each gets its own answers, and streams do not mix.
async def test_a_group_is_stored_by_stream(connection, appender):
    group = [_arrival("s", events(0, 3)), _arrival("t", events(0, 1)), _arrival("s", [event(1), event(3)])]
    stored = appender.store(connection, group)
    assert [(page.stream, page.base, len(page.events)) for page in stored] == [("s", 0, 4), ("t", 0, 1)]
    assert group[2].outcome == [Appended(1, True), Appended(3, False)]
    assert group[1].outcome == [Appended(0, False)]


# Without ``settle`` a group was undone: its keys and offsets are free again, a run closed in it is open.
@pytest.mark.parametrize("before", [0, 3, 6])
async def test_an_unsettled_group_is_forgotten(connection, appender, before):
    if before:
        appender.store(connection, [_arrival("s", events(0, before))])
        appender.settle()
    connection.execute("SAVEPOINT lost")
    appender.store(connection, [_arrival("s", events(before, 6)), _arrival("new", events(0, 1))])
    connection.execute("ROLLBACK TO lost")
    again = _arrival("s", events(0, before + 6))
    appender.store(connection, [again])
    assert [one.offset for one in again.outcome] == list(range(before + 6))
    assert [one.duplicate for one in again.outcome] == [True] * before + [False] * 6
