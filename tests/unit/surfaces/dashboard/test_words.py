"""Numbers and times as people read them."""

from __future__ import annotations

import pytest

from trunkline.kernel.clock import SECOND
from trunkline.surfaces.dashboard import words

NOW = 1_767_225_600 * SECOND


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "250 ms"),
        (5, "5 s"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (90_061, "1 d 1 h"),
        (86_405, "1 d"),
    ],
)
def test_spans(seconds, text):
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "now"), (1, "now"), (59, "59 s ago"), (3700, "1 h ago"), (-120, "in 2 min")]
)
def test_ago(seconds, text):
    assert words.ago(NOW - seconds * SECOND, NOW) == text


# An instant is told exactly, however it is given.
def test_exact_times():
    assert words.utc("2026-01-01T00:00:00.123456Z") == "2026-01-01 00:00:00.123 UTC"
    assert words.utc(NOW) == "2026-01-01 00:00:00 UTC"
    assert words.iso(NOW) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("rate", "text"), [(None, "-"), (0.0, "0/s"), (0.05, "3/min"), (2.5, "2.5/s"), (12_345.0, "12,345/s")]
)
def test_rates(rate, text):
    assert words.rate(rate) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1_500, "1.5 KB"), (2_000_000, "2 MB"), (5e15, "5,000.0 TB")]
)
def test_sizes(size, text):
    assert words.size(size) == text


def test_counts():
    assert words.count(1_234_567) == "1,234,567"


@pytest.mark.parametrize(("number", "text"), [(0, "0 flows"), (1, "1 flow"), (1_200, "1,200 flows")])
def test_named_counts(number, text):
    assert words.named(number, "flows") == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "-"), (0.0, "0.0 %"), (18.0328, "18.0 %"), (0.004, "< 0.1 %")]
)
def test_percents(share, text):
    assert words.percent(share) == text


# A sentence that tells an instant tells it as the rest of the page does.
def test_instants_in_sentences():
    told = words.plain("silent until 2026-01-01T00:00:00.123456Z, or longer")
    assert told == "silent until 2026-01-01 00:00:00.123 UTC, or longer"
