"""A case as a row of the embedded store, and back: the one place that knows the columns.

A record that a person put in place of an event's is sealed like a page, bound to its flow and offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.delivery.cause import cause_of
from trunkline.delivery.ledger import Answer, Case, Try
from trunkline.eventlog.seal import Sealer

COLUMNS = (
    "c.event, c.key, c.state, c.holds, c.attempts, c.forgiven, c.due, c.at, c.since, "
    "c.correlation, c.reason, c.tries, c.contract, c.renamed, c.answers, c.yields, c.edited, "
    "c.time, c.died"
)
"""What ``Rows.case`` reads, of a table named ``c``."""

PUT = """INSERT INTO flow_case
    (flow, event, key, state, holds, attempts, forgiven, due, at, since, correlation, reason, tries,
     contract, renamed, answers, yields, edited, kind, cause, time, died)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        key = excluded.key, state = excluded.state, holds = excluded.holds, attempts = excluded.attempts,
        forgiven = excluded.forgiven, due = excluded.due, at = excluded.at, since = excluded.since,
        correlation = excluded.correlation, reason = excluded.reason, tries = excluded.tries,
        contract = excluded.contract, renamed = excluded.renamed, answers = excluded.answers,
        yields = excluded.yields,
        edited = excluded.edited, kind = excluded.kind, cause = excluded.cause,
        time = excluded.time, died = excluded.died"""
"""What ``Rows.row`` is for."""

_tries = msgspec.json.Decoder(tuple[Try, ...])
_answers = msgspec.json.Decoder(tuple[Answer, ...])


class Rows:
    """Turns cases into rows and rows into cases."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def row(self, flow: str, number: int, case: Case) -> tuple[Any, ...]:
        """Return the values of ``PUT`` for a case of ``flow``, whose row is ``number``."""
        cause = cause_of(case.tries)
        return (
            number,
            case.offset,
            case.key,
            case.state,
            case.holds,
            case.attempts,
            case.forgiven,
            case.due,
            case.at,
            case.since,
            case.correlation,
            case.reason,
            msgspec.json.encode(case.tries) if case.tries else None,
            case.contract,
            case.renamed,
            msgspec.json.encode(case.answers) if case.answers else None,
            case.yields,
            self._sealer.seal(case.edited, _place(flow, case.offset)) if case.edited else None,
            cause.kind,
            cause.text,
            case.time,
            case.died,
        )

    def case(self, flow: str, row: Sequence[Any]) -> Case:
        """Return the case of ``flow`` that a row of ``COLUMNS`` is; raises ``Corrupt`` for a broken seal."""
        offset, key, state, holds, attempts, forgiven, due, at, since = row[:9]
        correlation, reason, tries, contract, renamed, answers, yields, edited, time, died = row[9:]
        return Case(
            offset=offset,
            key=key,
            state=state,
            holds=bool(holds),
            attempts=attempts,
            forgiven=forgiven,
            due=due,
            at=at,
            since=since,
            correlation=correlation,
            reason=reason,
            tries=_tries.decode(tries) if tries else (),
            contract=contract,
            edited=self._sealer.open(edited, _place(flow, offset)) if edited else b"",
            renamed=renamed,
            answers=_answers.decode(answers) if answers else (),
            yields=bool(yields),
            time=time,
            died=died,
        )


def _place(flow: str, offset: int) -> bytes:
    return f"edit of {flow} {offset}".encode()
