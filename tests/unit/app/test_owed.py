"""What a flow owes is what it has not taken and what waits for a retry, since the oldest was accepted."""

from __future__ import annotations

from trunkline.app.owed import Owed, owed
from trunkline.delivery.ledger import Case, Record
from trunkline.kernel.clock import SECOND
from trunkline.testkit.clock import START

FLOW = "orders-to-warehouse"


# Without a stream nothing is owed; then all of it is, from its first event on, until it is taken.
async def test_what_is_not_taken(backbone, machine, publish):
    assert await owed(backbone) == {FLOW: Owed(None)}
    await publish(2)
    assert await owed(backbone) == {FLOW: Owed(None, 2, 0, START)}
    await backbone.ledger.record(Record(FLOW, START, 2))
    found = (await owed(backbone))[FLOW]
    assert (found.lag, found.offset, found.since, found.waiting_since) == (0, 2, None, None)


# What waits for a retry counts by the oldest of it, though everything was taken.
async def test_what_waits(backbone, machine, publish):
    await publish(1)
    machine.clock.advance(60)
    await backbone.ledger.record(Record(FLOW, START, 1, cases=[Case(0, "1000", "waiting", due=START)]))
    found = (await owed(backbone))[FLOW]
    assert (found.lag, found.waiting_since) == (0, START)
    assert machine.clock.now() == START + 60 * SECOND
