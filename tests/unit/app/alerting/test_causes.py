"""The top causes of what waits for a person, looked up when an alert begins."""

from __future__ import annotations

from tests.unit.app.conftest import FLOW

from trunkline.app.alerting.causes import top_causes
from trunkline.delivery.ledger import Case, Record, Try


# Of dead letters the largest group, of refused arrivals the same, of retries the latest failure.
async def test_dead_letters(letters):
    found = await top_causes(letters, "flow", {"flow": FLOW}, {"dead": "2", "waiting": "0"})
    assert found["letters"] == "2 of 2 dead letters: http-422: the shop refused it"


async def test_refused(backbone, publish):
    await publish(2, status="lost")
    await publish(1, total="x")
    found = await top_causes(backbone, "source", {"source": "publish/order@1"}, {"last": ""})
    assert found["refused"].startswith("2 of ")
    assert found["refused"].endswith("/status")
    assert "lost" not in found["refused"]


async def test_retries(backbone, publish):
    await publish(1)
    now = backbone.machine.clock.now()
    tries = (Try(now, "http-500", "it answered 500"),)
    case = Case(0, "1000", "waiting", holds=True, attempts=1, due=now, at=now, tries=tries)
    await backbone.ledger.record(Record(FLOW, now, cursor=1, cases=[case]))
    found = await top_causes(backbone, "flow", {"flow": FLOW}, {"dead": "0", "waiting": "1"})
    assert found["retrying"] == "1 events are tried again: http-500: it answered 500"


# Of what has no causes of its own nothing is looked up.
async def test_nothing(backbone):
    assert await top_causes(backbone, "flow", {"flow": FLOW}, {"dead": "0"}) == {"dead": "0"}
    assert await top_causes(backbone, "source", {"source": "x/y"}, {}) == {}
    assert await top_causes(backbone, "disk", {"disk": "store"}, {}) == {}
