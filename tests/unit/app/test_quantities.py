"""Durations, sizes and shares as people write them."""

from __future__ import annotations

import pytest

from trunkline.app.quantities import bytes_of, days_of, seconds_of, share_of


# Every unit of a duration is understood, fractions too.
@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("250ms", 0.25), ("2m", 120), ("1.5h", 5400), ("7d", 604800), ("0s", 0)]
)
def test_durations(text, seconds):
    assert seconds_of(text) == seconds


# Sizes are decimal or binary by their unit.
@pytest.mark.parametrize(
    ("text", "size"), [("10MB", 10_000_000), ("1KiB", 1024), ("1.5GB", 1_500_000_000), ("7B", 7)]
)
def test_sizes(text, size):
    assert bytes_of(text) == size


# A contract states days, weeks, months or years, or as ISO 8601 has them; all else is none.
@pytest.mark.parametrize(
    ("stated", "days"),
    [
        ("90 d", 90),
        ("1.5 Days", 1.5),
        ("2 weeks", 14),
        ("6 mo", 180),
        ("2y", 730),
        ("P30D", 30),
        *((other, None) for other in ("90", "3 m", "as long as needed", "-1 d", "", "1 d 2 h")),
    ],
)
def test_days(stated, days):
    assert days_of(stated) == days


# A share is a percentage, up to all of it.
@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("0%", 0.0), ("2.5%", 0.025), ("100%", 1.0)])
def test_shares(text, share):
    assert share_of(text) == share


# A share of more than all, below nothing or without its sign is none.
@pytest.mark.parametrize("text", ["", "10", "101%", "-1%", "10 %", "%", "100.1%"])
def test_wrong_shares(text):
    with pytest.raises(ValueError, match="such as 10%"):
        share_of(text)


# Anything else is refused with an example of what is meant.
@pytest.mark.parametrize("text", ["", "5", "5 s", "-5s", "s", "5S", "1w", "5s ", "5s\n5"])
def test_wrong_texts(text):
    with pytest.raises(ValueError, match="such as 5s"):
        seconds_of(text)
    with pytest.raises(ValueError, match="is not a size"):
        bytes_of(text)
