"""Conditions held against what was measured, and which alerts a pattern names."""

from __future__ import annotations

import pytest

from trunkline.observe.alerts.rule import (
    PAGING,
    Burn,
    Rule,
    Series,
    Threshold,
    judge,
    matches,
    named,
    series_of,
)

LATE = Threshold(Series("freshness"), ">", 60.0)
BURN = Burn("failed", 0.999, PAGING)


# A threshold holds beyond its bound, and says nothing where nothing was measured.
@pytest.mark.parametrize(
    ("comparator", "value", "holds"),
    [
        (">", 60, False),
        (">", 61, True),
        (">=", 60, True),
        ("<", 60, False),
        ("<", 59, True),
        ("<=", 60, True),
    ],
)
def test_a_threshold(comparator, value, holds):
    condition = Threshold(Series("x"), comparator, 60.0)
    assert judge(condition, {Series("x"): value}) == (holds, value)
    assert judge(condition, {Series("x"): None}) == judge(condition, {}) == (None, None)


def shares(hour, five, six, half):
    windows = (3_600, 300, 21_600, 1_800)
    return {Series("failed", w): s for w, s in zip(windows, (hour, five, six, half), strict=True)}


# A burn rate holds where both windows of a pace are above it: a long one alone is over already, a short
# one alone is a hiccup. The figures are those of the SRE workbook for an objective of 99.9 %.
@pytest.mark.parametrize(
    ("measured", "holds"),
    [
        (shares(0.02, 0.02, 0.0, 0.0), True),
        (shares(0.02, 0.0, 0.02, 0.0), False),
        (shares(0.0, 0.02, 0.0, 0.02), False),
        (shares(0.01, 0.01, 0.0061, 0.0061), True),
        (shares(0.0143, 0.0145, 0.0, 0.0), False),
        (shares(0.0, 0.0, 0.0, 0.0), False),
        (shares(0.02, 0.02, None, None), True),
        (shares(0.0, 0.0, None, 0.0), None),
    ],
)
def test_a_burn_rate(measured, holds):
    assert judge(BURN, measured).holds is holds


# What is shown of a burn rate is the fastest that goes on.
def test_the_value_of_a_burn_rate():
    assert judge(BURN, shares(0.02, 0.03, 0.01, 0.001)).value == pytest.approx(20)


# A condition says what has to be measured for it.
def test_series():
    assert series_of(LATE) == (Series("freshness"),)
    assert series_of(BURN) == tuple(Series("failed", n) for n in (300, 1_800, 3_600, 21_600))


# Every pattern has to fit, and a label that is not there is empty.
@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"flow": "orders"}, True),
        ({"flow": "or*", "target": "erp.*"}, True),
        ({"flow": "or*", "target": "shop.*"}, False),
        ({"source": "*"}, True),
        ({"source": "?*"}, False),
    ],
)
def test_patterns(where, fits):
    assert matches(where, {"flow": "orders", "target": "erp.order"}) is fits


# Rules are found by name.
def test_named():
    assert named([Rule("late", LATE)])["late"].condition == LATE
