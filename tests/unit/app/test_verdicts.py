"""How a flow is, by its numbers: the worst that is true of it."""

from __future__ import annotations

import pytest

from trunkline.app.verdicts import WORST_FIRST, Numbers, judged, several
from trunkline.delivery.pausing import Pause
from trunkline.delivery.standing import Isolation, Outage, Standing

FINE = {
    "lag": 0,
    "oldest_seconds": 0.0,
    "late_after_seconds": 60.0,
    "waiting": 0,
    "held": 0,
    "dead": 0,
    "delivered": True,
}
AWAY = Standing(outage=Outage(0, 1.0, "http-503", "busy"))
ALONE = Standing(isolation=Isolation("ada", "a move", 0), outage=Outage(0, 1.0, "http-503", "busy"))
THERE = Standing()


@pytest.mark.parametrize(
    ("numbers", "target", "health"),
    [
        ({}, THERE, "ok"),
        ({"delivered": False}, THERE, "idle"),
        ({"lag": 5, "oldest_seconds": 60.0}, THERE, "behind"),
        ({"lag": 5, "oldest_seconds": 60.1}, THERE, "late"),
        ({"waiting": 1, "oldest_seconds": 60.1}, THERE, "late"),
        ({"waiting": 1}, THERE, "retrying"),
        ({"waiting": 1, "dead": 1}, THERE, "dead"),
        ({}, AWAY, "ok"),
        ({"lag": 1}, AWAY, "away"),
        ({"waiting": 1, "lag": 1, "oldest_seconds": 99.0}, AWAY, "away"),
        ({"waiting": 1}, ALONE, "isolated"),
        ({"lag": 1, "oldest_seconds": 99.0, "pause": Pause("ada", "a move", 0)}, AWAY, "paused"),
    ],
)
def test_verdicts(numbers, target, health):
    found, why = judged(Numbers(**(FINE | numbers)), target)
    assert found == health
    assert why


# What waits behind a dead letter is said with it.
def test_reasons():
    assert judged(Numbers(**(FINE | {"dead": 1, "held": 3})), THERE)[1] == (
        "1 dead letter to look at, and 3 events held behind"
    )
    assert "ada isolated the target: a move" in judged(Numbers(**FINE), ALONE)[1]
    assert "http-503: busy" in judged(Numbers(**(FINE | {"lag": 1})), AWAY)[1]


# Each word has its place in the order.
def test_order():
    assert len(set(WORST_FIRST)) == len(WORST_FIRST)
    assert several(1, "event") == "1 event"
    assert several(1_000, "event") == "1,000 events"
