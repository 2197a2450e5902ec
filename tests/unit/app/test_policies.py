"""What a project file says is what delivery keeps to; its defaults are those of the policies."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.app.model import BreakerSettings, BudgetSettings, Owner, Retry, Rule, SystemFile
from trunkline.app.policies import retry_policy, terms_of
from trunkline.delivery.bearing import Terms
from trunkline.delivery.retry import RetryPolicy

SHOP = SystemFile("shop", Owner("Web", "web@example.com"))


# A file that says nothing has the defaults of the policies.
def test_the_defaults_are_those_of_the_policies():
    assert retry_policy(Retry()) == RetryPolicy()
    assert terms_of(SHOP) == Terms()
    assert terms_of(SHOP, 8) == Terms(concurrency=8)


# A rule is the flow's policy with what it says itself, never, or the flow's policy as it is.
def test_rules():
    rules = {"http-409": "final", "http-404": "retry", "timeout": Rule(attempts=3, longest="10s")}
    policy = retry_policy(Retry(attempts=5, first="2s", rules=rules))
    assert policy.attempts == 5
    assert policy.rules == {
        "http-409": None,
        "http-404": RetryPolicy(5, 2.0),
        "timeout": RetryPolicy(3, 2.0, 10.0),
    }


# Durations and shares become seconds and numbers.
def test_terms():
    breaker = BreakerSettings("1m", "25%", 20, "500ms", "5s", "2m")
    system = msgspec.structs.replace(SHOP, breaker=breaker, retry_budget=BudgetSettings("20%", 5.0, "10s"))
    terms = terms_of(system)
    assert msgspec.structs.astuple(terms.breaker) == (60.0, 0.25, 20, 0.5, 5.0, 120.0)
    assert msgspec.structs.astuple(terms.budget) == (0.2, 5.0, 10.0)


# What makes no sense is refused by the name of its key.
@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("failures", "0%", "failures"),
        ("window", "0s", "window"),
        ("open", "2m", "open"),
        ("slow", "0s", "slow"),
    ],
)
def test_a_breaker_without_meaning_is_refused(key, value, named):
    breaker = msgspec.structs.replace(BreakerSettings(), **{key: value})
    with pytest.raises(ValueError, match=named):
        terms_of(msgspec.structs.replace(SHOP, breaker=breaker))
    with pytest.raises(ValueError, match="window"):
        terms_of(msgspec.structs.replace(SHOP, retry_budget=BudgetSettings(window="0s")))
