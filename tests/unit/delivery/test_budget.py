"""The retry budget: a share of the first attempts and a floor, whatever fails."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.budget import BudgetPolicy, budget, left, spent
from trunkline.kernel.clock import SECOND

POLICY = BudgetPolicy(share=0.1, floor_per_second=1.0, window_seconds=60.0)
SLOT = 5 * SECOND
MOVES = st.lists(st.tuples(st.sampled_from(["first", "retry"]), st.integers(0, 8 * SECOND)), max_size=200)


# However attempts come, the retries of any window stay within a tenth of its first attempts and the floor.
@given(MOVES)
def test_the_budget_is_never_exceeded(moves):
    spending, now, firsts, retries = budget(POLICY), 0, [], []
    for what, gap in moves:
        now += gap
        if what == "first":
            spending, firsts = spent(spending, now, 20, 0), [*firsts, now]
        elif left(spending, now):
            spending, retries = spent(spending, now, 0, 1), [*retries, now]
    for last in retries:
        within = [at for at in retries if last - 60 * SECOND <= at <= last]
        bound = 0.1 * 20 * len([at for at in firsts if last - 60 * SECOND - SLOT < at <= last]) + 60
        assert len(within) <= bound


# A quiet target gets retries by the floor, and more again once those before have left the window.
def test_the_floor_comes_back():
    spending = spent(budget(POLICY), 0, 0, 60)
    assert left(spending, 30 * SECOND) == 0
    assert left(spending, 66 * SECOND) == 60


# Ten first attempts allow one retry more.
def test_a_tenth_of_first_attempts_may_be_retried():
    spending = spent(budget(POLICY), 0, 1_000, 60)
    assert left(spending, 0) == 100


# Whatever the policy, a window has room for one retry: the last ones of a quiet target do not wait for ever.
def test_one_retry_a_window_at_least():
    spending = budget(BudgetPolicy(share=0.0, floor_per_second=0.001, window_seconds=60.0))
    assert left(spending, 0) == 1
    spending = spent(spending, 0, 0, 1)
    assert left(spending, 30 * SECOND) == 0
    assert left(spending, 66 * SECOND) == 1
