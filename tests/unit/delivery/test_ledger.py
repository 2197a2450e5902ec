"""The ledger's values: what a person's answer does to a dead letter, and how much history is kept."""

from __future__ import annotations

from trunkline.delivery.ledger import (
    DETAIL_CHARACTERS,
    KEPT_TRIES,
    Case,
    Discard,
    Retry,
    Try,
    resolved,
    with_try,
)

DEAD = Case(offset=1, key="a", state="dead", holds=True, attempts=8, at=5, since=2)


# A retry waits, due at once, with all attempts ahead of it.
def test_a_retry_forgives_the_attempts_made():
    again = resolved(DEAD, Retry(), 9)
    assert (again.state, again.holds, again.due, again.forgiven, again.since) == ("waiting", True, 9, 8, 0)


# A discard closes the case, frees the key and keeps the reason.
def test_a_discard_keeps_its_reason():
    gone = resolved(DEAD, Discard("test order"), 9)
    assert (gone.state, gone.holds, gone.reason, gone.at) == ("discarded", False, "test order", 9)


# Of a long history the beginning and the end are kept, and no detail is longer than it should be.
def test_history_is_bounded():
    tries = ()
    for number in range(100):
        tries = with_try(tries, Try(number, "x", "y" * 10_000))
    assert len(tries) == KEPT_TRIES
    assert [one.at for one in tries] == [*range(10), *range(90, 100)]
    assert {len(one.detail) for one in tries} == {DETAIL_CHARACTERS}
