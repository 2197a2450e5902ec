"""The advice: the best pattern that nothing rules out, how to set it, what to mind, and why no other."""

from __future__ import annotations

from typing import get_args

import pytest

from trunkline.app.advice.advice import CAUTIONS, advise
from trunkline.app.advice.question import PatternName, Question
from trunkline.app.advice.rules import PATTERNS

ALL = frozenset(get_args(PatternName))


def asked(*source_can, **more):
    return advise(Question(source_can=frozenset(source_can), **more))


# Polling is advised only where nothing better exists, whatever else the source can do.
@pytest.mark.parametrize(
    ("source_can", "more", "pattern"),
    [
        (ALL, {}, "webhook"),
        (ALL, {"answer": True}, "request"),
        (ALL - {"webhook"}, {}, "event"),
        ({"cdc", "poll", "file"}, {}, "cdc"),
        ({"poll", "file"}, {"freshness_seconds": 172_800.0}, "file"),
        ({"poll", "file"}, {"freshness_seconds": 60.0}, "poll"),
        ({"poll"}, {"freshness_seconds": 5.0}, None),
        ({"file"}, {"freshness_seconds": 60.0}, None),
        (ALL, {"answer": True, "target_can": "table"}, None),
        ((), {}, None),
    ],
)
def test_the_pattern(source_can, more, pattern):
    assert asked(*source_can, **more).pattern == pattern


# Every other pattern is ruled out by a rule, or because a better one fits, and says how it is so.
@pytest.mark.parametrize("source_can", [ALL, {"poll"}, {"poll", "file"}, set()])
def test_what_is_ruled_out(source_can):
    advice = asked(*source_can, freshness_seconds=60.0)
    assert {one.pattern for one in advice.out} | {advice.pattern} - {None} == ALL
    assert all(one.why for one in advice.out)


# What this release has no connector for is told, with the best that it has.
def test_what_there_is_no_connector_for():
    advice = asked("cdc", "file", freshness_seconds=172_800.0)
    assert (advice.pattern, advice.available, advice.meanwhile) == ("cdc", False, "file")
    assert asked("cdc", "poll").meanwhile is None
    webhook = asked("webhook")
    assert (webhook.available, webhook.meanwhile) == (True, None)


# Each setting follows from what is needed.
@pytest.mark.parametrize(
    ("pattern", "more", "name", "value"),
    [
        ("poll", {"freshness_seconds": 60.0}, "poll interval", "30s"),
        ("poll", {"freshness_seconds": 1_000_000.0}, "poll interval", "1h"),
        ("poll", {}, "poll interval", "5m"),
        ("webhook", {"target_can": "table", "burst": 400}, "batch size", "400"),
        ("webhook", {"target_can": "table", "per_day": 864_000_000}, "batch size", "1000"),
        ("webhook", {"target_can": "table"}, "batch size", "100"),
        ("webhook", {"target_can": "http"}, "batch size", "1"),
        ("request", {"answer": True}, "batch size", "1"),
        ("file", {}, "idempotency key", "the record's own id, else file and line"),
        ("request", {"answer": True}, "retry", "{attempts: 3, first: 200ms, longest: 1s}"),
        (
            "webhook",
            {"freshness_seconds": 5.0},
            "retry",
            "{attempts: 15, first: 500ms, longest: 1h, total: 3d}",
        ),
        (
            "webhook",
            {"may_be_down": frozenset()},
            "retry",
            "{attempts: 8, first: 1s, longest: 1m, total: 1h}",
        ),
        ("webhook", {}, "alerts", "[{when: dead > 0, severity: ticket}]"),
    ],
)
def test_settings(pattern, more, name, value):
    advice = asked(pattern, **more)
    assert [one.value for one in advice.settings if one.name == name] == [value]
    assert all(one.why for one in advice.settings)


# What to mind is told with the pattern it belongs to, where it is so.
@pytest.mark.parametrize(
    ("pattern", "more", "beside", "words"),
    [
        ("request", {"answer": True}, {"answer": True, "may_be_down": frozenset()}, "callers get an error"),
        ("webhook", {}, {"ordered": False}, "overtake"),
        ("file", {"personal": True}, {}, "personal data lies"),
        ("webhook", {"target_can": "http"}, {}, "may take effect twice"),
    ],
)
def test_what_to_mind(pattern, more, beside, words):
    assert any(words in one for one in asked(pattern, **more).minds)
    assert not any(words in one for one in asked(pattern, **beside).minds)


# A poll always misses deletes, and says so.
def test_what_polls_miss():
    assert asked("poll").minds == ("a poll sees no deletes and no states between two looks",)


# Every table names patterns that there are.
def test_the_tables():
    assert {name for one in CAUTIONS for name in one.patterns} == {one.name for one in PATTERNS}
