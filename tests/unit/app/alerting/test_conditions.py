"""Conditions as people write them: read, written again, and refused with what was expected."""

from __future__ import annotations

import pytest

from trunkline.app.alerting.conditions import NoCondition, condition_of, shown, text_of, value_of
from trunkline.app.alerting.measures import MEASURES
from trunkline.observe.alerts.rule import PAGING, Burn, Pace, Series, Threshold


# A threshold is read in the unit of its measure; a share is over an hour unless it says otherwise.
@pytest.mark.parametrize(
    ("text", "series", "comparator", "bound"),
    [
        ("freshness > 60s", Series("freshness"), ">", 60),
        ("dead>0", Series("dead_letters"), ">", 0),
        ("dead_letters >= 10", Series("dead_letters"), ">=", 10),
        ("failed > 2%", Series("failed", 3_600), ">", 0.02),
        ("failed > 2% over 15m", Series("failed", 900), ">", 0.02),
        ("disk_free < 5GB", Series("disk_free"), "<", 5e9),
        ("silence > 3x", Series("silence"), ">", 3),
        ("sunset <= -1d", Series("sunset"), "<=", -86_400),
    ],
)
def test_a_threshold(text, series, comparator, bound):
    assert condition_of(text) == Threshold(series, comparator, bound)


# A burn rate has the paces of the SRE workbook, or one that says its windows.
def test_a_burn_rate():
    fast = condition_of("burn_rate(failed, 99.9%)")
    assert (fast.measure, fast.objective, fast.paces) == ("failed", pytest.approx(0.999), PAGING)
    slow = condition_of("burn_rate(retried, 95%) > 1 over 3d and 6h")
    assert slow == Burn("retried", 0.95, (Pace(1.0, 259_200, 21_600),))


# What was read is written as it was, in the largest unit.
@pytest.mark.parametrize(
    "text",
    [
        "freshness > 90s",
        "failed > 2% over 15m",
        "disk_free < 64MiB",
        "silence > 3x",
        "sunset < 0s",
        "burn_rate(failed, 99.9%)",
        "burn_rate(failed, 99.9%) > 14.4 over 1h and 5m",
        "held > 10",
    ],
)
def test_written_again(text):
    assert condition_of(text_of(condition_of(text))) == condition_of(text)


# What is no condition is refused: what is wrong, what goes there, and the near miss.
@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("", "is no condition", ""),
        ("freshness", "is no condition", ""),
        ("freshnes > 60s", 'there is no measure "freshnes"', 'did you mean "freshness"?'),
        ("freshness > 60", "is not a duration", ""),
        ("lag > 5s", "is not a count", ""),
        ("lag > 5 over 1h", "not over a time", ""),
        ("failed > 200%", "is not a share", ""),
        ("failed > 2% over 5s", "a time of 5s", ""),
        ("silence > 3", "is not a number of times", ""),
        ("burn_rate(lag, 99%)", "lag is no share", ""),
        ("burn_rate(failed, 100%)", "leaves no budget", ""),
        ("burn_rate(failed, 0%)", "leaves no budget", ""),
        ("burn_rate(failed, 99%) > 2 over 5m and 1h", "is no shorter", ""),
        ("burn_rate(failed, 99%) > 1.2.3 over 1h and 5m", "1.2.3", ""),
    ],
)
def test_refused(text, problem, hint):
    with pytest.raises(NoCondition) as refused:
        condition_of(text)
    assert problem in refused.value.problem
    assert refused.value.hint == hint
    assert refused.value.expected


# A value reads as people write bounds.
@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("freshness", 0.25, "0.25s"),
        ("freshness", 90, "1.5m"),
        ("sunset", -172_800, "-2d"),
        ("failed", 0.0213, "2.13%"),
        ("disk_free", 1_610_612_736, "1.5GiB"),
        ("disk_free", 12, "12B"),
        ("lag", 1_200, "1200"),
        ("silence", 3.14, "3.1x"),
    ],
)
def test_values(measure, value, text):
    assert shown(MEASURES[measure], value) == text


# What was measured of a burn rate is told in budgets, and what was not measured is not told.
def test_measured():
    assert value_of(condition_of("burn_rate(failed, 99%)"), 14.44) == "14.4 times the budget"
    assert value_of(condition_of("lag > 1"), 4.0) == "4"
    assert value_of(condition_of("lag > 1"), None) == ""
