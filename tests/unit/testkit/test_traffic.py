"""What all flows to a target do together is held to the target's terms and its system's limits."""

from __future__ import annotations

import pytest

from trunkline.connectors.target import Item
from trunkline.delivery.bearing import Terms
from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.budget import BudgetPolicy
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.traffic import Ceiling, Traffic

BUSY = Retryable("http-503", "busy")
BUDGET = BudgetPolicy(share=0.5, floor_per_second=0.2, window_seconds=10.0)


class Scene:
    """The traffic to a target of which two retries in ten seconds are allowed, and half of first attempts."""

    def __init__(self, concurrency=None, ceiling=None, **given):
        self.clock, self.ceiling = ManualClock(), ceiling or Ceiling()
        terms = Terms(BreakerPolicy(), BUDGET, concurrency)
        self.traffic = Traffic(terms, self.ceiling, self.clock, **given)
        self.offset = 0

    def begins(self, first=0, retries=0, flow="a"):
        items = [Item(self.offset + n, "", "", "", 1 if n < first else 2, {}) for n in range(first + retries)]
        self.offset += len(items)
        return self.traffic.begins(flow, items, [item.offset for item in items[first:]])

    def call(self, first=0, retries=0, flow="a"):
        sent = self.begins(first, retries, flow)
        self.traffic.answered(sent, [None] * (first + retries))

    @property
    def faults(self):
        return self.traffic.faults


# Retries up to the floor and the share of first attempts in the window are right; one more is not.
def test_the_budget():
    scene = Scene()
    scene.call(first=2)
    scene.call(retries=3)
    assert scene.faults == []
    scene.call(retries=1, flow="b")
    assert scene.faults == ["4 retries within 10 s are more than 3, beside at most 2 first attempts"]


# The window slides: what is older counts no more, but first attempts count for a slot longer.
def test_the_window_of_the_budget():
    scene = Scene()
    scene.call(first=2, retries=2)
    scene.clock.advance(10.5)
    scene.call(retries=3)
    assert scene.faults == []
    scene.clock.advance(5)
    scene.call(retries=1)
    assert len(scene.faults) == 1


# A probe may be a retry when there is no budget left.
def test_a_probe_is_over_the_budget():
    scene = Scene()
    scene.call(retries=2)
    scene.traffic.away(scene.begins(), BUSY)
    scene.clock.advance(2)
    scene.call(retries=1)
    assert scene.faults == []
    scene.call(retries=1)
    assert len(scene.faults) == 1


# A batch that is sent again as it was is one attempt, until its flow begins anew.
def test_a_batch_that_is_repeated():
    scene = Scene(batch=1)
    for _ in range(3):
        scene.offset = 0
        scene.call(retries=1)
    scene.call(retries=2)
    assert scene.faults == []
    scene.traffic.starts_over("a")
    scene.offset = 0
    scene.call(retries=2)
    assert len(scene.faults) == 1


# A flow's first batch in the window may be allowed before it, and its last while another's was loaded.
def test_batches_that_were_loaded_before():
    scene = Scene(batch=1)
    for flow in "abab":
        scene.call(retries=4, flow=flow)
    assert scene.faults == []
    scene.call(retries=4)
    assert scene.faults == ["4 retries within 10 s are more than 3, beside at most 2 first attempts"]


# No more calls are under way to a target than it takes, opening included.
def test_concurrency():
    scene = Scene(concurrency=2)
    opening = scene.traffic.begins("a")
    scene.begins(first=1)
    scene.traffic.unused(opening)
    scene.begins(first=1, flow="b")
    assert scene.faults == []
    scene.begins(first=1, flow="b")
    assert scene.faults == ["3 calls were under way together, of at most 2"]


# A system's limits hold for all of its targets together.
def test_a_ceiling_is_shared():
    ceiling = Ceiling(concurrency=1)
    one, other = Scene(ceiling=ceiling), Scene(ceiling=ceiling)
    one.begins(first=1)
    other.begins(first=1)
    assert ceiling.faults == ["2 calls were under way together, of at most 1"]
    assert one.faults == other.faults == []


# Calls have the time between them that the rate gives; one that was not made leaves its place to another.
def test_a_rate():
    scene = Scene(ceiling=Ceiling(calls_per_second=2))
    scene.traffic.unused(scene.traffic.begins("a"))
    scene.call(first=1)
    scene.clock.advance(0.5)
    scene.call(first=1)
    assert scene.ceiling.faults == []
    scene.clock.advance(0.25)
    scene.call(first=1)
    assert scene.ceiling.faults == ["a call began 0.250 s before 2 a second allow it"]


# Calls of one flow are forbidden by what another's met; an answer that blames events is none.
@pytest.mark.parametrize(("verdict", "faults"), [(None, 0), (Final("http-422", "bad"), 0), (BUSY, 1)])
def test_the_breaker_is_shared(verdict, faults):
    scene = Scene()
    scene.traffic.away(scene.begins(first=1), BUSY)
    scene.clock.advance(60)
    scene.traffic.answered(scene.begins(first=1), [verdict])
    scene.clock.advance(0.1)
    scene.call(first=1, flow="b")
    assert len(scene.faults) == faults
