"""Each rule speaks against the patterns it is for, and only where it should."""

from __future__ import annotations

from typing import get_args

import pytest

from trunkline.app.advice.question import PatternName, Question
from trunkline.app.advice.rules import PATTERNS, RULES, ruled_out

ALL = frozenset(get_args(PatternName))


def reasons(pattern, **question):
    return [rule.id for rule, _ in ruled_out(Question(source_can=ALL, **question), pattern)]


# Every pattern has its place, every rule an id of its own.
def test_the_tables():
    assert {one.name for one in PATTERNS} == ALL
    assert len({rule.id for rule in RULES}) == len(RULES)


# A rule speaks where it is so, and is silent a step beside.
@pytest.mark.parametrize(
    ("pattern", "rule", "so", "beside"),
    [
        ("webhook", "answer-needs-request", {"answer": True}, {}),
        ("file", "answer-needs-request", {"consistency": "immediate"}, {}),
        ("request", "nobody-waits", {}, {"answer": True}),
        ("request", "answers-come-from-http", {"answer": True, "target_can": "table"}, {"answer": True}),
        ("webhook", "door-too-small", {"burst": 5_001}, {"burst": 5_000}),
        ("file", "fresher-than-files", {"freshness_seconds": 60.0}, {"freshness_seconds": 86_402.0}),
        (
            "file",
            "fresher-than-files",
            {"freshness_seconds": 901.0, "every_seconds": 900.0},
            {"freshness_seconds": 902.0, "every_seconds": 900.0},
        ),
        ("poll", "fresher-than-polls", {"freshness_seconds": 19.0}, {"freshness_seconds": 20.0}),
    ],
)
def test_a_rule(pattern, rule, so, beside):
    assert rule in reasons(pattern, **so)
    assert rule not in reasons(pattern, **beside)


# What the source cannot do is ruled out by that alone.
def test_what_the_source_cannot():
    question = Question(source_can=frozenset({"poll"}))
    assert [rule.id for rule, _ in ruled_out(question, "webhook")] == ["source-cannot"]
    assert list(ruled_out(question, "poll")) == []
