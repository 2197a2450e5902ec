"""What a change of the ledger adds to a flow's sums; the suite of sums and their model say the rest."""

from __future__ import annotations

from trunkline.delivery.ledger import Case, Range, Try
from trunkline.delivery.rolling import Changes, lags_of
from trunkline.kernel.rollup import MINUTE, NO_DELIVERIES, Deliveries
from trunkline.kernel.sketch import EMPTY, sketch_of

AT = 7 * MINUTE + 5


def dead(**changes):
    return Case(3, "a", "dead", attempts=2, at=AT, tries=(Try(AT - MINUTE, "timeout", ""),), **changes)


# A run in the place of the same run changes nothing, in the place of another the difference.
def test_a_run_in_the_place_of_another():
    changes, settled = Changes(), Range(0, 4, 1, AT, 1, 5)
    changes.settled(settled, settled)
    assert changes.by_minute == {}
    changes.settled(settled, Range(0, 4, 1, AT + MINUTE, 1, 4, (2,)))
    assert changes.by_minute == {
        7 * MINUTE: NO_DELIVERIES - Deliveries(delivered=5),
        8 * MINUTE: Deliveries(delivered=4, dropped=1),
    }


# Failures count when they were made, a first one when it was, and nothing of it again.
def test_a_case_in_the_place_of_itself():
    changes = Changes()
    changes.case(None, dead())
    assert changes.by_minute == {
        7 * MINUTE: Deliveries(died=1, failures=2),
        6 * MINUTE: Deliveries(first_failures=1),
    }
    changes.case(dead(), dead())
    assert sum(changes.by_minute.values(), NO_DELIVERIES) == Deliveries(died=1, first_failures=1, failures=2)


# A case that is void takes everything with it but the attempts that were made.
def test_a_void_case():
    changes = Changes()
    changes.case(dead(died=AT - 2 * MINUTE), None)
    assert sum(changes.by_minute.values(), NO_DELIVERIES) == NO_DELIVERIES - Deliveries(
        died=1, first_failures=1
    )


# What was put off without an attempt has not failed, and of an event of unknown time no lag is known.
def test_what_does_not_count():
    changes = Changes()
    changes.case(None, Case(3, "a", "waiting", at=AT, tries=(Try(AT, "flow-first", ""),)))
    changes.superseded(AT, 0)
    assert sum(changes.by_minute.values(), NO_DELIVERIES) == NO_DELIVERIES
    changes.case(None, Case(4, "a", "delivered", attempts=1, at=AT))
    assert changes.by_minute[7 * MINUTE] == Deliveries(late=1)


# Lags are from each event's time to the effect.
def test_lags():
    assert lags_of([5, 1_000], 5_000_000) == sketch_of([4_999_995, 4_999_000])
    assert lags_of([], 5) == EMPTY
