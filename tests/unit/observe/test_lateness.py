"""One bound says when a flow is late, and one when a source is silent."""

from __future__ import annotations

import pytest

from trunkline.observe.lateness import LEAST_SECONDS, UNSTATED_SECONDS, late_after, silent_after


# A flow is late beyond so many times what it needs, never within a minute, and after an hour where it says
# nothing.
@pytest.mark.parametrize(
    ("freshness", "patience", "bound"),
    [
        (600.0, 1.5, 900.0),
        (600.0, 1.0, 600.0),
        (5.0, 1.5, LEAST_SECONDS),
        (None, 1.5, UNSTATED_SECONDS),
        (None, 9.0, UNSTATED_SECONDS),
    ],
)
def test_late(freshness, patience, bound):
    assert late_after(freshness, patience) == bound


# A source is silent beyond so many times what is expected of it.
def test_silent():
    assert (silent_after(600.0), silent_after(600.0, 3.0)) == (900.0, 1_800.0)
