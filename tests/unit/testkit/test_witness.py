"""A witness sees each broken promise at the moment it is broken, and nothing where none is."""

from __future__ import annotations

import pytest
from tests.unit.delivery.small import events

from trunkline.connectors.target import Item
from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.ledger import Case, Discard, Range, Record, Retry, Try
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.clock import START, ManualClock
from trunkline.testkit.targets import Place, Received
from trunkline.testkit.witness import Rules, Witness, storms

BUSY = Retryable("http-503", "busy")
WISH = Retryable("http-429", "later", 20.0)
BAD = Final("http-422", "bad")
DROPPED = 4


class Scene:
    """A witness of a flow over six events, two of key a first, of which number 4 is dropped by rule."""

    def __init__(self, **rules):
        self.clock, self.place = ManualClock(), Place()
        told = {
            "attempts": 2,
            "longest_seconds": 60.0,
            "gives_up_early": False,
            "skips": False,
            "drops": lambda offset: offset == DROPPED,
        }
        rules = Rules(**{**told, **rules})
        self.witness = Witness(rules, events(["a", "a", "b", "c", "d", "e"]), self.place, self.clock)

    def call(self, *offsets, error=None, attempt=1, name=""):
        """Call with events, which take effect where there is no error."""
        items = [Item(o, "aabcde"[o], name or f"key-{o}", "", attempt, {}) for o in offsets]
        self.witness.called(items)
        if error is None:
            self.place.received += [Received(o, "aabcde"[o], f"key-{o}", attempt, {}) for o in offsets]
        self.witness.answered(items, [error] * len(items))

    def record(self, *cases, settled=None, cursor=None):
        self.witness.recorded(Record("flow", self.clock.now(), cursor, settled, cases))

    def failed(self, offset, state, error, attempts=1, due=0):
        """Record a failure as a flow should."""
        tries = (Try(self.clock.now(), error.kind, error.detail),) * attempts
        self.record(case_of(offset, state, attempts=attempts, due=due, tries=tries))

    @property
    def faults(self):
        return self.witness.faults


def case_of(offset, state, **more):
    return Case(offset, "aabcde"[offset], state, **more)


def run_of(first, last, delivered, dropped=()):
    return Range(first, last, START, START, delivered=delivered, dropped=dropped)


# A flow that does everything right is blamed for nothing.
def test_a_faultless_flow():
    scene = Scene()
    scene.call(0, error=WISH)
    scene.failed(0, "waiting", WISH, due=START + 20 * SECOND)
    scene.record(case_of(1, "held", holds=True))
    scene.call(2, error=BAD)
    scene.failed(2, "dead", BAD)
    scene.call(3)
    scene.record(settled=run_of(0, 4, 1, (DROPPED,)), cursor=5)
    scene.clock.advance(20.0)
    scene.call(0, attempt=2)
    scene.record(case_of(0, "delivered", attempts=2))
    scene.call(1)
    scene.witness.resolved(2, Retry())
    scene.call(2, attempt=2)
    scene.record(case_of(1, "delivered"), case_of(2, "delivered", attempts=2, forgiven=1))
    assert scene.faults == []


# Order, names, attempts and times of calls are watched.
@pytest.mark.parametrize(
    ("calls", "fault"),
    [
        ([{"offsets": [1]}], "event 1 was sent while the older 0 of its key was open"),
        ([{"offsets": [0], "error": BUSY}, {"offsets": [1]}], "event 1 was sent while the older 0"),
        (
            [{"offsets": [0]}, {"offsets": [0], "name": "other"}],
            "event 0 was sent under two idempotency keys",
        ),
        ([{"offsets": [2], "attempt": 3}], "event 2 attempt 3 is more than its policy allows"),
    ],
)
def test_wrong_calls_are_seen(calls, fault):
    scene = Scene()
    for call in calls:
        scene.call(*call.pop("offsets"), **call)
    assert any(found.startswith(fault) for found in scene.faults)


# Events of one key may go together, and after what was dropped, discarded or, where the flow skips, dead.
def test_what_is_through_holds_nobody():
    scene = Scene()
    scene.call(0, 1)
    assert scene.faults == []
    scene = Scene(skips=True)
    scene.call(0, error=BAD)
    scene.call(1)
    assert scene.faults == []
    scene = Scene()
    scene.call(0, error=BAD)
    scene.failed(0, "dead", BAD)
    scene.witness.resolved(0, Discard("old"))
    scene.call(1)
    assert scene.faults == []


# Two calls for one key at a time are seen; those of a run that is over are forgotten.
def test_calls_side_by_side_are_seen():
    scene = Scene()
    item = Item(2, "b", "key-2", "", 1, {})
    scene.witness.called([item])
    scene.witness.left([item])
    scene.witness.called([item])
    scene.witness.starts_over()
    scene.witness.called([item])
    assert scene.faults == []
    scene.witness.called([item])
    assert scene.faults == ["event 2 two calls for one key are under way together"]


# Nothing is sent before it is due, nor what is dead or closed.
def test_what_must_not_be_sent_is_seen():
    scene = Scene()
    scene.call(2, error=BUSY)
    scene.failed(2, "waiting", BUSY, due=START + 5 * SECOND)
    scene.call(2, attempt=2)
    scene.call(3, error=BAD)
    scene.failed(3, "dead", BAD)
    scene.call(3, attempt=2)
    assert scene.faults == [
        "event 2 was sent 5.000 s before it was due",
        "event 3 was sent although it is dead",
    ]


# What is written down has to be so already: delivered, dropped, failed, and by whom it is said.
@pytest.mark.parametrize(
    ("case", "fault"),
    [
        (case_of(2, "delivered"), "event 2 is recorded as delivered and the target never had it"),
        (case_of(2, "dropped"), "event 2 is recorded as dropped and no rule drops it"),
        (case_of(2, "discarded"), "event 2 is recorded as discarded by the flow itself"),
        (
            case_of(2, "waiting", attempts=1, tries=(Try(START, "timeout", ""),)),
            "event 2 is recorded as failed by timeout, which nobody said of it",
        ),
        (
            case_of(2, "dead", attempts=1, tries=(Try(START, "http-429", ""),)),
            "event 2 is dead after 1 attempts of 2",
        ),
        (
            case_of(2, "waiting", attempts=1, due=START + SECOND, tries=(Try(START, "http-429", ""),)),
            "event 2 is due 19.000 s before the target wished",
        ),
        (
            case_of(2, "waiting", attempts=2, due=START + 60 * SECOND, tries=(Try(START, "http-429", ""),)),
            "event 2 waits for more than 2 attempts",
        ),
    ],
)
def test_wrong_cases_are_seen(case, fault):
    scene = Scene()
    scene.call(2, error=WISH)
    scene.record(case)
    assert fault in scene.faults


# A final failure is not retried, and what is closed or dead stays so until a person answers.
def test_what_is_over_stays_over():
    scene = Scene()
    scene.witness.broke(2)
    scene.failed(2, "waiting", Final("mapping", ""), due=START)
    scene.call(3, error=BAD)
    scene.failed(3, "dead", BAD)
    scene.record(case_of(3, "waiting"))
    scene.call(5)
    scene.record(case_of(5, "delivered"))
    scene.record(case_of(5, "held"))
    scene.witness.resolved(5, Retry())
    assert scene.faults == [
        "event 2 waits although mapping is final",
        "event 3 was dead, nobody answered it, and it became waiting",
        "event 5 was delivered and became held",
        "event 5 was answered and is no dead letter",
    ]


# Runs say what took effect, once, and the cursor passes nothing that is in no run.
def test_wrong_runs_are_seen():
    scene = Scene()
    scene.call(0, 1)
    scene.record(settled=run_of(0, 1, 2), cursor=2)
    scene.record(settled=run_of(1, 3, 3, (2,)), cursor=5)
    scene.record(cursor=3)
    assert scene.faults == [
        "event 1 runs 0-1 and 3 overlap",
        "event 2 is recorded as dropped and no rule drops it",
        "event 3 is recorded as delivered and the target never had it",
        "event 1 a run counts 3 delivered and has 2",
        "event 4 was passed by the cursor and is not settled",
        "event 3 is where the cursor went back to, from 5",
    ]


# What is rewound did not take place, and may take place again.
def test_what_is_rewound_is_forgotten():
    scene = Scene()
    scene.call(0)
    scene.record(settled=run_of(0, 0, 1), cursor=1)
    scene.witness.rewound(0)
    scene.record(settled=run_of(0, 0, 1), cursor=1)
    assert scene.faults == []


# A target that is away may be probed, more often right after a start, but not asked on and on.
def test_storms_are_seen():
    scene = Scene()
    away = (START, START + 100 * SECOND)
    for _ in range(150):
        scene.call(2, error=BUSY)
        scene.clock.advance(0.4)
    repeats, starts, policy = scene.witness.repeats, [START], BreakerPolicy()
    assert list(storms([away], repeats, starts, 50, policy)) == []
    assert list(storms([away], repeats, starts, 1, policy)) == [
        "149 repeated calls in 100 s in which the target was away"
    ]


# Quick probing may ask a target that is away more often, but no more often than its longest pauses allow.
def test_a_storm_is_one_by_its_breaker():
    away, repeats = (START, START + 100 * SECOND), [START + n * SECOND for n in range(60)]
    quick = BreakerPolicy(open_seconds=0.5, longest_seconds=1.0)
    slow = BreakerPolicy(open_seconds=5.0, longest_seconds=50.0)
    assert list(storms([away], repeats, [], 1, quick)) == []
    assert len(list(storms([away], repeats, [], 1, slow))) == 1


# An attempt is a retry when one before it failed, but not when a person asked for it.
def test_retries_are_told():
    scene = Scene()
    scene.call(2, error=BUSY)
    scene.failed(2, "waiting", BUSY, due=START)
    again, other = Item(2, "b", "key-2", "", 2, {}), Item(3, "c", "key-3", "", 1, {})
    assert scene.witness.retries([again, other]) == {2}
    scene.call(2, error=BAD, attempt=2)
    scene.failed(2, "dead", BAD, attempts=2)
    scene.witness.resolved(2, Retry())
    assert scene.witness.retries([Item(2, "b", "key-2", "", 3, {})]) == set()
    assert scene.witness.retries([Item(2, "b", "key-2", "", 4, {})]) == {2}
