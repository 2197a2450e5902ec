"""Dates, times and timestamps in the formats that a contract states."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts.moments import moment
from trunkline.kernel.clock import SECOND, from_rfc3339


def instant(text):
    return from_rfc3339(text)


# Without a pattern: ISO 8601 in the profile of RFC 3339, an offset required unless a zone is given.
@pytest.mark.parametrize(
    ("kind", "options", "text", "same"),
    [
        ("date", {}, "2026-03-01", "2026-03-01T00:00:00Z"),
        ("timestamp", {}, "2026-03-01T10:15:00Z", "2026-03-01T10:15:00Z"),
        ("timestamp", {}, "2026-03-01t10:15:00.25z", "2026-03-01T10:15:00.25Z"),
        ("timestamp", {}, "2026-03-01T10:15:00+02:00", "2026-03-01T08:15:00Z"),
        ("timestamp", {"offset": False}, "2026-03-01 10:15:00", "2026-03-01T10:15:00Z"),
        ("timestamp", {"zone": "Europe/Berlin"}, "2026-07-01T10:00:00", "2026-07-01T08:00:00Z"),
        ("timestamp", {"zone": "Europe/Berlin"}, "2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"),
        ("time", {}, "10:15:00", "1970-01-01T10:15:00Z"),
        ("time", {}, "10:15:00+01:00", "1970-01-01T09:15:00Z"),
    ],
)
def test_iso(kind, options, text, same):
    assert moment(kind, "", **options).read(text) == instant(same)


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("date", {}, "2026-02-29"),
        ("date", {}, "20260301"),
        ("date", {}, "2026-03-01T00:00:00"),
        ("timestamp", {}, "2026-03-01T10:15:00"),
        ("timestamp", {"offset": False}, "2026-03-01T10:15:00Z"),
        ("timestamp", {"offset": True, "zone": "UTC"}, "2026-03-01T10:15:00"),
        ("timestamp", {}, "2026-03-01T25:00:00Z"),
        ("time", {}, "10:60:00"),
        ("time", {"offset": True}, "10:00:00"),
    ],
)
def test_what_is_no_such_moment(kind, options, text):
    with pytest.raises(ValueError, match=r"."):
        moment(kind, "", **options).read(text)


# The letters of the JDK's DateTimeFormatter that stand for digits are understood.
@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("yyyy-MM-dd HH:mm", "2010-12-01 08:26", "2010-12-01T08:26:00Z"),
        ("dd.MM.yyyy", "31.12.2025", "2025-12-31"),
        ("d/M/yy H:mm", "1/3/26 7:05", "2026-03-01T07:05:00Z"),
        ("yyyyMMdd'T'HHmmss", "20260301T101500", "2026-03-01T10:15:00Z"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-01T10:15:00.250+01:00", "2026-03-01T09:15:00.25Z"),
        ("yyyy-MM-dd HH:mm:ssZ", "2020-01-01 00:00:00+1000", "2019-12-31T14:00:00Z"),
        ("MM/dd/yyyy hh:mm a", "03/01/2026 12:05 AM", "2026-03-01T00:05:00Z"),
        ("MM/dd/yyyy hh:mm a", "03/01/2026 12:05 pm", "2026-03-01T12:05:00Z"),
        ("yyyy-MM-dd[ HH:mm]", "2026-03-01", "2026-03-01"),
        ("yyyy-MM-dd[ HH:mm]", "2026-03-01 10:15", "2026-03-01T10:15:00Z"),
        ("yyyy 'o''clock' HH", "2026 o'clock 07", "2026-01-01T07:00:00Z"),
        ("HH:mm:ss", "10:15:00", "1970-01-01T10:15:00Z"),
    ],
)
def test_patterns(pattern, text, same):
    how = moment("timestamp", pattern)
    assert how.read(text) == instant(same)
    with pytest.raises(ValueError, match="format"):
        how.read(text + "!")


def test_a_pattern_reads_only_moments_that_exist():
    """The calendar holds for patterns too."""
    how = moment("date", "dd.MM.yyyy")
    for text in ("31.02.2026", "00.01.2026", "1.1.2026"):
        with pytest.raises(ValueError, match=r"."):
            how.read(text)
    with pytest.raises(ValueError, match="hour"):
        moment("time", "hh:mm a").read("13:00 PM")


# A pattern or zone we do not understand is refused when the contract is loaded, never guessed.
@pytest.mark.parametrize("pattern", ["yyyy-MMM-dd", "EEE", "yyyy yyyy", "[yyyy", "YYYY-MM-dd"])
def test_patterns_that_are_refused(pattern):
    with pytest.raises(ValueError, match=r"."):
        moment("date", pattern)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Europe"])
def test_zones_that_are_refused(zone):
    with pytest.raises(LookupError):
        moment("timestamp", "", zone=zone)


@given(st.integers(-62_000_000_000 * SECOND, 253_000_000_000 * SECOND))
def test_every_moment_is_read_back(expected):
    """What is written by a pattern is read as the same moment, to the microsecond."""
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=expected)
    text = when.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    assert moment("timestamp", "yyyy-MM-dd HH:mm:ss.SSSSSS").read(text) == expected
    assert moment("timestamp", "", offset=False).read(text) == expected
