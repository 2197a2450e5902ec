"""What is usual for a source is learned from its silences."""

from __future__ import annotations

import pytest

from trunkline.app.usual import usual_silences
from trunkline.kernel.clock import SECOND
from trunkline.kernel.event import Event

PAIR = ("order@1", "shop/order")


# Who gives something every ten minutes is silent for ten minutes as a rule; of who is new nothing is known.
async def test_usual(backbone):
    clock = backbone.machine.clock
    for number in range(200):
        now = clock.now()
        given = Event(f"e{number}", PAIR[1], "order", "k", now, now, "order@1.0.0", "c" * 32, b"{}")
        await backbone.log.append(PAIR[0], [given])
        if not number:
            assert await usual_silences(backbone.rollups, clock) == {}
        clock.advance(600)
    assert (await usual_silences(backbone.rollups, clock))[PAIR] == pytest.approx(600 * SECOND, rel=0.1)
