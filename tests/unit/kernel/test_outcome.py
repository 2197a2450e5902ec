"""Outcomes are values that name themselves when written down."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.kernel.outcome import Dead, Delivered, Dropped, Outcome, RetryAt


@pytest.mark.parametrize(
    "outcome",
    [
        Delivered(1, 5),
        RetryAt(1, 9, "timeout", "no answer in 5 s"),
        Dead(8, 9, "http-400", "no"),
        Dropped(3, "map"),
    ],
)
def test_an_outcome_survives_being_written_down(outcome):
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome) == outcome
