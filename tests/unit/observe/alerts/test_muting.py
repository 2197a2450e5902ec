"""Silences and maintenance windows: when they are in force, and for which alerts."""

from __future__ import annotations

import pytest

from trunkline.kernel.clock import SECOND, from_rfc3339
from trunkline.observe.alerts.muting import Silence, Window, in_force, labels_of, muted_by

HOUR = 3_600 * SECOND


# A silence holds from its beginning to its end, the end not included.
def test_a_silence():
    silence = Silence("s1", {}, 10, 20, "ann", "count")
    assert [silence.holds(now) for now in (9, 10, 19, 20)] == [False, True, True, False]


# A window that is once holds for as long as it lasts.
def test_a_window_once():
    window = Window("move", {}, 10, since=100)
    assert [window.holds(now) for now in (99, 100, 109, 110)] == [False, True, True, False]


# A window by cron begins when the clock on the wall says so, in summer as in winter.
@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-01-03T20:59:59Z", False),
        ("2026-01-03T21:00:00Z", True),  # Saturday, 22:00 in Berlin
        ("2026-01-04T00:59:59Z", True),
        ("2026-01-04T01:00:00Z", False),
        ("2026-07-04T20:00:00Z", True),
        ("2026-07-04T19:59:59Z", False),
        ("2026-01-06T22:00:00Z", False),
    ],
)
def test_a_window_by_cron(moment, holds):
    window = Window("count", {}, 4 * HOUR, cron="0 22 * * 6", zone="Europe/Berlin")
    assert window.holds(from_rfc3339(moment)) is holds


# An alert is kept quiet by the first in force whose patterns fit its labels, its rule and its severity.
def test_what_is_quiet():
    ours = Silence("s1", {"target": "erp.*", "severity": "ticket"}, 0, 10, "ann", "")
    late = Silence("s2", {"rule": "flow-late"}, 0, 100, "bob", "")
    labels = labels_of("flow-late", "ticket", {"target": "erp.stock"})
    assert muted_by(labels, in_force([ours, late], 5)) == ours
    assert muted_by(labels, in_force([ours, late], 50)) == late
    assert muted_by(labels, in_force([ours, late], 500)) is None
    assert muted_by(labels_of("dead", "page", {}), [ours, late]) is None
