"""The judge sees what is wrong with a history, each kind of it, and nothing where nothing is."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import STREAM, events

from trunkline.delivery.ledger import Fate
from trunkline.eventlog.port import Page
from trunkline.testkit.history import Expected, faults, moot, stuck
from trunkline.testkit.targets import Received

PAGE = Page(STREAM, 0, events(["a", "b", "a"]))


def got(offset, subject, name=None):
    return Received(offset, subject, name or f"key-{offset}", 1, {})


GOOD = [got(0, "a"), got(1, "b"), got(2, "a")]


# A whole history has no faults, whatever the order between keys.
def test_a_whole_history_is_faultless():
    assert faults(Expected(PAGE, once=True), GOOD) == []
    assert faults(Expected(PAGE, once=True), [GOOD[1], GOOD[0], GOOD[2]]) == []


# Each kind of damage is seen and named.
@pytest.mark.parametrize(
    ("received", "fault"),
    [
        (GOOD[:2], "event 2 was lost"),
        ([*GOOD, got(7, "z")], "event 7 reached the place and is not in the stream"),
        ([*GOOD, GOOD[0]], "event 0 took effect twice"),
        ([*GOOD, got(1, "b", "another")], "event 1 came under two idempotency keys"),
        ([got(0, "a", "key-1"), *GOOD[1:]], "events 0 and 1 share an idempotency key"),
        ([GOOD[2], GOOD[0], GOOD[1]], "event 0 of key a came after 2"),
    ],
)
def test_damage_is_named(received, fault):
    assert fault in faults(Expected(PAGE, once=True), received)


# A dead letter that reached an atomic target all the same is seen.
def test_an_effect_of_what_was_not_delivered_is_seen():
    expected = Expected(PAGE, unsent={2}, once=True)
    assert faults(expected, GOOD) == ["event 2 reached the place and is not settled as delivered"]


# Where effects may come again, a repeat under the same key is no fault, nor is its place in the order.
def test_repeats_under_the_same_key_are_allowed_where_said():
    assert faults(Expected(PAGE), [*GOOD, GOOD[0]]) == []


# A dead letter may be overtaken where the flow says so.
def test_what_was_passed_may_come_late():
    assert faults(Expected(PAGE, passed={0}), [GOOD[2], GOOD[1], GOOD[0]]) == []


# In the end everything is settled, or stays behind a dead letter that people leave alone.
def test_what_is_open_for_no_reason_is_stuck():
    def found(states, left=(), **options):
        return stuck(PAGE, [Fate(state) for state in states], left, **options)

    assert found(["delivered", "dropped", "discarded"]) == []
    assert found(["dead", "delivered", "held"], {0}) == []
    assert found(["dead", "delivered", "waiting"], {0}) == []
    assert found(["dead", "delivered", "held"]) == [
        "event 0 is stuck: dead, and nobody leaves it so",
        "event 2 is stuck: held, and nothing is before it",
    ]
    held = ["event 2 is stuck: held, and nothing is before it"]
    assert found(["dead", "delivered", "held"], {0}, skips=True) == held
    assert found(["delivered", "dead", "held"], {1}) == held
    assert found(["pending", "skipped", "delivered"]) == [
        "event 0 is stuck: pending",
        "event 1 is stuck: skipped",
    ]


# A dead letter is superseded exactly where the flow says so and a newer event of its key was delivered.
def test_what_is_moot_is_superseded_and_nothing_else():
    def found(*states, superseding=True):
        return moot(PAGE, [Fate(state) for state in states], superseding=superseding)

    assert found("superseded", "dead", "delivered") == []
    assert found("dead", "delivered", "dead") == []
    assert found("dead", "dead", "delivered", superseding=False) == []
    assert found("dead", "delivered", "delivered") == [
        "event 0 is dead, and a newer one of its key was delivered"
    ]
    moot_for_nothing = ["event 0 is superseded, and nothing newer of its key was delivered"]
    assert found("superseded", "delivered", "dead") == moot_for_nothing
    assert found("superseded", "delivered", "delivered", superseding=False) == moot_for_nothing
