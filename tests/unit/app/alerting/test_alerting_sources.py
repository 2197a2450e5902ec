"""When a source gave its last event, and how often it usually gives one."""

from __future__ import annotations

import pytest

from trunkline.app.acts import Publish, perform
from trunkline.app.alerting.sources import FEWEST, SPAN, SourceTimes, newest, usual
from trunkline.connectors.source import Arrival
from trunkline.kernel.clock import SECOND

DAY = 86_400


def every(seconds, count, start=0):
    return [start + n * seconds * SECOND for n in range(count)]


# The usual interval is the longest there was, where events reach back far enough to have nights among them.
@pytest.mark.parametrize(
    ("moments", "seconds"),
    [
        ([], None),
        (every(60, 1_000), None),
        (every(DAY, FEWEST - 1), None),
        (every(DAY, FEWEST), DAY),
        ([*every(60, 500), *every(60, 500, start=SPAN)], SPAN // SECOND - 499 * 60),
    ],
)
def test_usual(moments, seconds):
    assert usual(moments) == seconds


# Of each source the last event is found again after new ones came, at most once a minute.
async def test_last_events(backbone, order):
    times, clock = SourceTimes(backbone), backbone.machine.clock
    assert await times.look(clock.now()) == {}
    intake = backbone.intakes["shop/order"]
    await intake.accept([Arrival(order(event_id="a"))])
    came = clock.now()
    assert await times.look(clock.now()) == {}
    clock.advance(60)
    assert await times.look(clock.now()) == {"shop/order": (came, None)}
    await perform(backbone, Publish("order", [order(event_id="b")]))
    clock.advance(60)
    assert await times.look(clock.now()) == {"shop/order": (came, None)}


# The newest events of a stream come oldest first.
async def test_newest(backbone, publish):
    await publish(3)
    [info] = [one for one in await backbone.log.streams() if one.stream == "order@1"]
    assert [event.id for event in await newest(backbone, info)] == ["e0", "e1", "e2"]
