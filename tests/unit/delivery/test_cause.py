"""A cause is the same for all that failed alike, and tells apart what did not."""

from __future__ import annotations

import pytest

from trunkline.delivery.cause import CAUSE_CHARACTERS, Cause, cause_of
from trunkline.delivery.ledger import Try


def cause(detail):
    return cause_of([Try(1, "timeout", "first"), Try(2, "http-422", detail)]).text


# What names one event (a number, an identifier, an address, a time) is left open.
@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("unknown sku 4711", "unknown sku #"),
        ("order ORD-1001-A is closed", "order # is closed"),
        ("no customer ada@example.com", "no customer #"),
        ("since 2026-01-05T09:30:00Z at 12.50", "since # at #"),
        ('{"id": 7, "error": "sku"}', '{"id": #, "error": "sku"}'),
        ("request 0198c6f0-7d6e-7c6b-8a51-0d7f3b2a1c11 failed", "request # failed"),
        ("see https://shop.example.com/orders/9?x=1 there", "see #=# there"),
        ("/lines/0/sku: expected a string", "#: expected a string"),
        ("the mapping raised KeyError; mend it", "the mapping raised KeyError; mend it"),
    ],
)
def test_what_names_one_event_is_left_open(detail, expected):
    assert cause(detail) == expected


# The latest failure counts, with its class; what never failed has no cause.
def test_the_latest_failure_counts():
    assert cause_of([Try(1, "timeout", "first"), Try(2, "dns", "last")]) == Cause("dns", "last")
    assert cause_of([]) == Cause()


# However long a detail is, its cause is bounded.
def test_a_cause_is_bounded():
    assert len(cause("word " * 1_000)) == CAUSE_CHARACTERS
