"""Every rule of the gate, in the order it is shown; ``docs/reference/gate.md`` has a part for each."""

from __future__ import annotations

from trunkline.app.gate import course, people, records
from trunkline.app.gate.values import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "data-owner",
        "Data owner",
        "error",
        "When two systems disagree somebody has to say which is right, and whether a field may change.",
        people.owned,
    ),
    Rule(
        "catalogued",
        "Systems catalogued",
        "error",
        "Who is called at night knows from the catalogue what the two systems are and whose they are.",
        people.catalogued,
    ),
    Rule(
        "classified",
        "Fields classified",
        "error",
        "What nobody classified is masked by chance: a field that says nothing is shown.",
        records.classified,
    ),
    Rule(
        "compliance",
        "Compliance duties",
        "error",
        "Personal data may be held for a stated time and on a stated ground only (GDPR articles 5 and 6).",
        records.dutiful,
    ),
    Rule(
        "retention",
        "Retention kept",
        "advice",
        "A contract that says 90 days beside a store that keeps for ever is a promise that nobody keeps.",
        records.let_go,
    ),
    Rule(
        "consistency",
        "Consistency and latency",
        "error",
        "A sender that is answered at once and a target that has it at once is a choice somebody must make.",
        course.decided,
    ),
    Rule(
        "retry",
        "Retry and backoff",
        "error",
        "Networks fail for moments: one attempt makes dead letters of them, and a wait may be too long.",
        course.retried,
    ),
    Rule(
        "late-is-told",
        "Lateness told",
        "advice",
        "While a target is away events wait for it: data is late, nothing is wrong, and nobody would know.",
        course.late_is_told,
    ),
    Rule(
        "versioning",
        "Versioning strategy",
        "error",
        "Readers can rely on a contract only if its version says what changed and its mode what may.",
        records.versioned,
    ),
    Rule(
        "secrets",
        "Secrets by reference",
        "error",
        "Whoever may read the project's files, now or in their history, may not read a credential.",
        course.unseen,
    ),
    Rule(
        "mapping",
        "Mapping complete",
        "error",
        "A null that was to be filled in, or a constant of another type, makes a dead letter of every event.",
        records.filled,
    ),
    Rule(
        "idempotency",
        "Idempotency key",
        "error",
        "What comes twice has one effect only if both times it is known to be the same.",
        records.known_again,
    ),
    Rule(
        "alert-route",
        "Alert route",
        "error",
        "A dead letter that nobody hears of is data that is lost politely.",
        people.told,
    ),
    Rule(
        "pattern",
        "Pattern fits",
        "error",
        "No retry makes a nightly file fresh within a minute: the pattern decides what can be promised.",
        course.fitting,
    ),
    Rule(
        "loop",
        "No endless loop",
        "error",
        "Two systems that feed each other answer each other's changes for ever, unless an echo is dropped.",
        course.ended,
    ),
)
