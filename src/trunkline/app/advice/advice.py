"""The advice itself: the first pattern that nothing rules out, how to set it, and what to mind.

Pure functions over a question; command line and pages show what they return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from trunkline.app.advice.question import PatternName, Question, told
from trunkline.app.advice.rules import PATTERNS, SHORTEST_POLL_SECONDS, Pattern, ruled_out
from trunkline.observe.lateness import PATIENCE, late_after

_DAY = 86_400
_HOUR = 3_600.0
_PAGE = 1_000
"""Records a page of the log holds: a batch beyond it gains nothing."""

_LONGEST_FIRST_SECONDS = 1.0


class Setting(msgspec.Struct, frozen=True):
    """One thing to set, to what, and why."""

    name: str
    value: str
    why: str


class Out(msgspec.Struct, frozen=True):
    """A pattern that is not advised, by which rule, and how that is so here."""

    pattern: PatternName
    rule: str
    why: str


class Advice(msgspec.Struct, frozen=True):
    """What fits. ``pattern`` is None where nothing does.

    ``meanwhile`` is the best that this release has a connector for, where it has none for ``pattern``.
    """

    pattern: PatternName | None
    title: str
    why: str
    available: bool
    meanwhile: PatternName | None
    settings: tuple[Setting, ...]
    minds: tuple[str, ...]
    out: tuple[Out, ...]


class Choice(msgspec.Struct, frozen=True):
    """How one setting is chosen: for which patterns, and by what."""

    name: str
    patterns: tuple[PatternName, ...]
    choose: Callable[[Question, PatternName], tuple[str, str]]


class Caution(msgspec.Struct, frozen=True):
    """What to mind with a pattern, where it is so."""

    id: str
    patterns: tuple[PatternName, ...]
    says: str
    holds: Callable[[Question], bool]


def advise(question: Question) -> Advice:
    """Return the best pattern for a question with its settings, and why each other one is not it."""
    fits = [one for one in PATTERNS if not any(ruled_out(question, one.name))]
    if not fits:
        why = "nothing that the source can do gives what is needed: change one of the two"
        return Advice(None, "None", why, False, None, (), (), tuple(_out(question, None)))
    best = fits[0]
    ready = next((one for one in fits if one.via), None)
    return Advice(
        best.name,
        best.title,
        best.how,
        bool(best.via),
        None if best.via or ready is None else ready.name,
        tuple(_settings(question, best.name)),
        tuple(one.says for one in CAUTIONS if best.name in one.patterns and one.holds(question)),
        tuple(_out(question, best)),
    )


def _out(question: Question, best: Pattern | None) -> Iterator[Out]:
    for one in PATTERNS:
        if one is best:
            continue
        reasons = list(ruled_out(question, one.name))
        for rule, why in reasons:
            yield Out(one.name, rule.id, why)
        if not reasons and best is not None:
            yield Out(one.name, "better-exists", f"{best.title.lower()} fits and is better: {best.how}")


def _settings(question: Question, pattern: PatternName) -> Iterator[Setting]:
    for choice in CHOICES:
        if pattern in choice.patterns:
            yield Setting(choice.name, *choice.choose(question, pattern))


def _interval(question: Question, _: PatternName) -> tuple[str, str]:
    if question.freshness_seconds is None:
        return "5m", "nobody has said how fresh data has to be"
    seconds = max(SHORTEST_POLL_SECONDS, min(question.freshness_seconds / 2, _HOUR))
    return told(float(round(seconds))), "half of the freshness: a change waits for the next look at most"


def _batch(question: Question, pattern: PatternName) -> tuple[str, str]:
    if pattern == "request":
        return "1", "each caller waits for an answer of its own"
    if question.target_can.startswith("http"):
        return "1", "an HTTP target takes one record a request; concurrency makes up for it"
    most = max(question.burst, question.per_day // _DAY)
    return str(min(_PAGE, max(100, most))), "what comes in a second, from 100 up to a page of the log (1,000)"


_KEYS: dict[PatternName, tuple[str, str]] = {
    "request": ("the caller's Idempotency-Key", "a caller that asks again gets the same answer"),
    "webhook": ("the sender's event id", "senders repeat what they got no answer for, under the same id"),
    "event": ("the message's id", "brokers deliver at least once"),
    "cdc": (
        "the position in the database's log",
        "after a restart the log is read again from the last position",
    ),
    "file": ("the record's own id, else file and line", "a file that is dropped twice has no second effect"),
    "poll": ("primary key and version", "each look sees again what changed since the last, overlap included"),
}


def _key(_: Question, pattern: PatternName) -> tuple[str, str]:
    return _KEYS[pattern]


def _retry(question: Question, pattern: PatternName) -> tuple[str, str]:
    if pattern == "request":
        return "{attempts: 3, first: 200ms, longest: 1s}", "the caller waits, and may ask again itself"
    freshness = question.freshness_seconds
    first = min(_LONGEST_FIRST_SECONDS, freshness / 10) if freshness else _LONGEST_FIRST_SECONDS
    if "target" not in question.may_be_down:
        value = f"{{attempts: 8, first: {told(first)}, longest: 1m, total: 1h}}"
        return value, "the target is always there: what fails for an hour needs a person"
    value = f"{{attempts: 15, first: {told(first)}, longest: 1h, total: 3d}}"
    return value, "the first attempts are within the freshness, and a weekend without the target is survived"


def _alerts(question: Question, _: PatternName) -> tuple[str, str]:
    dead = "{when: dead > 0, severity: ticket}"
    if question.freshness_seconds is None:
        return f"[{dead}]", "a dead letter needs a person"
    late = told(late_after(question.freshness_seconds))
    page = f"{{when: freshness > {late}, for: 2m, severity: page}}"
    why = f"{PATIENCE:g} times the freshness, a minute at least, is late; a dead letter needs a person"
    return f"[{page}, {dead}]", why


_ALL: tuple[PatternName, ...] = tuple(one.name for one in PATTERNS)

CHOICES: tuple[Choice, ...] = (
    Choice("poll interval", ("poll",), _interval),
    Choice("batch size", _ALL, _batch),
    Choice("idempotency key", _ALL, _key),
    Choice("retry", _ALL, _retry),
    Choice("alerts", _ALL, _alerts),
)
"""What is set, in the order it is told."""

CAUTIONS: tuple[Caution, ...] = (
    Caution(
        "callers-depend",
        ("request",),
        "while the target is down callers get an error: ask whether they need the answer",
        lambda question: "target" in question.may_be_down,
    ),
    Caution(
        "states-overtake",
        ("webhook", "event"),
        "senders repeat, and newer states overtake older ones: name the contract's version",
        lambda question: question.ordered,
    ),
    Caution(
        "polls-miss",
        ("poll",),
        "a poll sees no deletes and no states between two looks",
        lambda _: True,
    ),
    Caution(
        "files-lie-about",
        ("file",),
        "personal data lies in the folders until somebody empties them: done, failed, and the source's own",
        lambda question: question.personal,
    ),
    Caution(
        "twice-over-http",
        ("request", "webhook", "event", "cdc", "file", "poll"),
        "a request that is repeated may take effect twice: have the target honour Idempotency-Key",
        lambda question: question.target_can == "http",
    ),
)
"""What to mind; ``docs/reference/advisor.md`` has a line for each."""
