"""The patterns of integration, best first, and the rules that rule one out: data that the reference shows.

Each rule is a pure function of the question; what it returns is why a pattern cannot be, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from trunkline.app.advice.question import NIGHTLY_SECONDS, PatternName, Question, told

SHORTEST_POLL_SECONDS = 10.0
"""Polling more often than this is load without a reason: another pattern is meant."""

FILE_SECONDS = 2.0
"""How long a file lies until it is settled, where nothing else is said."""

DOOR_PER_SECOND = 5_000
"""What one door bears a second for sure, one record a request."""


class Pattern(msgspec.Struct, frozen=True):
    """A way that data gets from one system to another; ``via`` is its kind of source in this release."""

    name: PatternName
    title: str
    how: str
    via: str = ""


PATTERNS: tuple[Pattern, ...] = (
    Pattern("request", "Request and answer", "the sender asks and waits for what the target says", "request"),
    Pattern("webhook", "Webhook", "the source posts each change as it happens", "webhook"),
    Pattern("event", "Event", "the source writes each change to a broker that is read from"),
    Pattern("cdc", "Change capture", "the changes of the source's database are read from its log"),
    Pattern("file", "File", "the source drops a file now and then, and each row is a record", "files"),
    Pattern("poll", "Poll", "the source is asked again and again what has changed"),
)
"""Best first: the first that no rule rules out is advised. Polling is last, as it is what is left."""


class Rule(msgspec.Struct, frozen=True):
    """What rules a pattern out. ``why`` is what stands behind it; ``finds`` says how it is so here."""

    id: str
    patterns: tuple[PatternName, ...]
    title: str
    why: str
    finds: Callable[[Question, PatternName], str]


def _cannot(question: Question, pattern: PatternName) -> str:
    return "" if pattern in question.source_can else "the source cannot do it"


def _waits(question: Question, _: PatternName) -> str:
    if not question.waits:
        return ""
    what = "an answer" if question.answer else "consistency: immediate"
    return f"{what} is needed, and the sender is answered before the target has the record"


def _nobody_waits(question: Question, _: PatternName) -> str:
    return "" if question.waits else "nobody waits for an answer: it would tie the sender to the target"


def _no_reply(question: Question, _: PatternName) -> str:
    http = question.target_can.startswith("http")
    return (
        "" if http else f"only an HTTP target gives an answer to pass on, and this is a {question.target_can}"
    )


def _burst(question: Question, _: PatternName) -> str:
    if question.burst <= DOOR_PER_SECOND:
        return ""
    return f"{question.burst:,} a second come one by one, and a door bears {DOOR_PER_SECOND:,}"


def _stale_file(question: Question, _: PatternName) -> str:
    if question.freshness_seconds is None:
        return ""
    every = NIGHTLY_SECONDS if question.every_seconds is None else question.every_seconds
    if question.freshness_seconds >= every + FILE_SECONDS:
        return ""
    said = "" if question.every_seconds is not None else " (nothing says otherwise)"
    return (
        f"files come every {told(every)}{said}, so what is in them is older than "
        f"freshness {told(question.freshness_seconds)} allows"
    )


def _stale_poll(question: Question, _: PatternName) -> str:
    freshness = question.freshness_seconds
    if freshness is None or freshness >= 2 * SHORTEST_POLL_SECONDS:
        return ""
    return f"freshness {told(freshness)} would need a look every {told(freshness / 2)}"


RULES: tuple[Rule, ...] = (
    Rule(
        "source-cannot",
        ("request", "webhook", "event", "cdc", "file", "poll"),
        "The source can do it",
        "A pattern that the source does not offer is a project of its own.",
        _cannot,
    ),
    Rule(
        "answer-needs-request",
        ("webhook", "event", "cdc", "file", "poll"),
        "An answer needs a request",
        "All other patterns answer the sender when the record is stored, which is before the target has it.",
        _waits,
    ),
    Rule(
        "nobody-waits",
        ("request",),
        "A request only where somebody waits",
        "Who waits is down when the target is down, and as slow as it is: a price for nothing.",
        _nobody_waits,
    ),
    Rule(
        "answers-come-from-http",
        ("request",),
        "Only HTTP targets answer",
        "A table or a file takes a record and says nothing that could be passed on.",
        _no_reply,
    ),
    Rule(
        "door-too-small",
        ("request", "webhook"),
        "The burst fits through the door",
        "One process was measured at about 6,000 single records a second on two cores; beyond, records have "
        "to come packed.",
        _burst,
    ),
    Rule(
        "fresher-than-files",
        ("file",),
        "Files are fresh enough",
        "A record waits in the source for the next file, and the file until it is read: the oldest is as old "
        "as the time between two files.",
        _stale_file,
    ),
    Rule(
        "fresher-than-polls",
        ("poll",),
        "Polls are fresh enough",
        f"A change is seen at the next look, so the interval is half of the freshness; below "
        f"{told(SHORTEST_POLL_SECONDS)} the source is asked for nothing most of the time.",
        _stale_poll,
    ),
)
"""Every rule; ``docs/reference/advisor.md`` has a line for each."""


def ruled_out(question: Question, pattern: PatternName) -> Iterator[tuple[Rule, str]]:
    """Yield each rule that speaks against a pattern, with how it does here."""
    for rule in RULES:
        reason = rule.finds(question, pattern) if pattern in rule.patterns else ""
        if reason:
            yield rule, reason
