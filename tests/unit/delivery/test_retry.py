"""Retry arithmetic: bounded, growing, never before the target's own wish."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.ledger import Case
from trunkline.delivery.retry import RetryPolicy, bound_seconds, is_retry, next_attempt, wait_seconds
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.outcome import Dead, RetryAt

NOW = 1_767_225_600 * SECOND
CHANCE = st.floats(0, 1, exclude_max=True)
POLICIES = st.builds(
    lambda attempts, first, spread, factor, total: RetryPolicy(
        attempts, first, first + spread, factor, total
    ),
    st.integers(1, 30),
    st.floats(0, 1e4),
    st.floats(0, 1e6),
    st.floats(1, 100),
    st.floats(0, 1e7),
)


def busy(wish=None):
    return Retryable("http-503", "busy", wish)


# By default an event is tried 8 times, over 27 hours on average and up to 54.
def test_the_default_spreads_eight_attempts_over_more_than_a_day():
    policy = RetryPolicy()
    waits = [bound_seconds(policy, attempt) for attempt in range(1, policy.attempts)]
    assert len(waits) == 7
    assert waits[:4] == [1.0, 12.0, 144.0, 1728.0]
    assert sum(waits) / 2 >= 27 * 3600
    assert sum(waits) * 1.1 <= policy.total_seconds


# What will never succeed is not tried again, whatever the policy allows.
@given(POLICIES, st.integers(1, 100), CHANCE)
def test_a_final_error_is_dead_at_once(policy, attempt, chance):
    verdict = next_attempt(policy, attempt, NOW, NOW, Final("http-422", "no"), chance)
    assert verdict == Dead(attempt, NOW, "http-422", "no")


# However chance falls, an event has no more attempts than its policy says.
@given(POLICIES, st.lists(CHANCE, min_size=40, max_size=40))
def test_attempts_are_bounded(policy, chances):
    now, attempt = NOW, 1
    for chance in chances:
        verdict = next_attempt(policy, attempt, NOW, now, busy(), chance)
        if isinstance(verdict, Dead):
            break
        now, attempt = verdict.at, attempt + 1
    assert isinstance(verdict, Dead)
    assert verdict.attempt <= policy.attempts
    assert now - NOW <= policy.total_seconds * SECOND + 1


# No retry comes before the target said, as far as the policy's longest wait goes, nor long after.
@given(POLICIES, st.integers(1, 29), st.floats(0, 1e9), CHANCE)
def test_a_retry_never_comes_before_the_targets_wish(policy, attempt, wish, chance):
    verdict = next_attempt(policy, attempt, NOW, NOW, busy(wish), chance)
    if isinstance(verdict, RetryAt):
        waited = (verdict.at - NOW) / SECOND
        assert waited >= min(wish, policy.longest_seconds) - 1e-5
        assert waited <= policy.longest_seconds * 1.1 + 1e-5


# The bound of each wait is no shorter than that of the one before, and no longer than the longest.
@given(POLICIES, st.integers(1, 60))
def test_bounds_grow_to_the_longest(policy, attempt):
    assert bound_seconds(policy, attempt) <= bound_seconds(policy, attempt + 1) <= policy.longest_seconds


# Full jitter: a wait lies anywhere between nothing and its bound.
@given(st.floats(0, 1e6), CHANCE)
def test_a_wait_is_drawn_below_its_bound(bound, chance):
    assert 0 <= wait_seconds(bound, None, 1e6, chance) <= bound


# Two events that got the same wish do not come back at the same moment.
def test_the_same_wish_is_followed_at_different_moments():
    assert wait_seconds(1.0, 100.0, 3600.0, 0.2) != wait_seconds(1.0, 100.0, 3600.0, 0.7)


# A dead letter says how often or how long it was tried.
def test_a_dead_letter_says_why_nobody_tries_again():
    spent = next_attempt(RetryPolicy(attempts=3), 3, NOW, NOW, busy(), 0.5)
    assert spent == Dead(3, NOW, "http-503", "gave up after 3 attempts: busy")
    late = next_attempt(RetryPolicy(total_seconds=5), 2, NOW - 6 * SECOND, NOW, busy(), 0.5)
    assert late == Dead(2, NOW, "http-503", "gave up after 5 s: busy")


# A rule decides for its kind of error, whatever its type says; others keep to the policy.
def test_rules_decide_by_kind():
    policy = RetryPolicy(
        rules={"http-503": None, "http-404": RetryPolicy(), "timeout": RetryPolicy(attempts=2)}
    )
    missing, slow = Final("http-404", "no"), Retryable("timeout", "no answer")
    assert next_attempt(policy, 1, NOW, NOW, busy(), 0.5) == Dead(1, NOW, "http-503", "busy")
    assert isinstance(next_attempt(policy, 1, NOW, NOW, missing, 0.5), RetryAt)
    assert isinstance(next_attempt(policy, 1, NOW, NOW, slow, 0.5), RetryAt)
    assert isinstance(next_attempt(policy, 2, NOW, NOW, slow, 0.5), Dead)
    assert isinstance(next_attempt(policy, 1, NOW, NOW, Final("http-422", "no"), 0.5), Dead)


# What failed is a retry until a person asks for new attempts.
def test_what_a_person_asks_for_is_no_retry():
    assert not is_retry(None)
    assert not is_retry(Case(1, "a", "held"))
    assert is_retry(Case(1, "a", "waiting", attempts=2))
    assert not is_retry(Case(1, "a", "waiting", attempts=2, forgiven=2))


# A policy without meaning is refused, naming the field.
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attempts", 0),
        ("factor", 0.5),
        ("first_seconds", -1),
        ("longest_seconds", 0.5),
        ("total_seconds", -1),
    ],
)
def test_a_policy_without_meaning_is_refused(field, value):
    with pytest.raises(msgspec.ValidationError, match=field.split("_")[0]):
        msgspec.convert({field: value}, RetryPolicy, strict=False)
