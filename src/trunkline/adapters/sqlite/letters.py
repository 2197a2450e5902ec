"""How people find cases in the embedded store: filters, pages, groups by cause, what a letter holds back.

``SqliteLedger`` calls these with a connection. A question goes flow by flow, so that each part of it can
search an index by its flow; every condition is a constant of this file, what it is asked with a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.cases import COLUMNS, Rows
from trunkline.delivery.ledger import Case, CaseGroup, CaseQuery

_CONDITIONS = {
    "offsets": "c.event IN (SELECT value FROM json_each(:offsets))",
    "key": "c.key = :key",
    "kind": "c.kind = :kind",
    "cause": "c.cause = :cause",
    "text": "instr(json_extract(CAST(c.tries AS TEXT), '$[#-1].detail'), :text)",
    "correlation": "c.correlation = :correlation",
    "contract": "c.contract = :contract",
    "since": "c.at >= :since",
    "until": "c.at < :until",
}
_HEAD = """(SELECT event FROM flow_case o INDEXED BY case_key
    WHERE o.flow = k.flow AND o.key = k.key AND o.holds AND NOT (o.state = 'dead' AND o.yields)
    ORDER BY event LIMIT 1)"""
_BEHIND = f"SELECT {_HEAD} AS head, held FROM key_held k WHERE flow = :id"  # noqa: S608  constants of this module
_HOLDS_BACK = f"""SELECT c.event, coalesce((SELECT k.held FROM key_held k
        WHERE k.flow = c.flow AND k.key = c.key AND c.event = {_HEAD}), 0)
    FROM flow_case c WHERE c.flow = :id AND c.event IN (SELECT value FROM json_each(:offsets))
        AND c.state IN ('waiting', 'held', 'dead')"""  # noqa: S608  as above


def find(connection: apsw.Connection, rows: Rows, query: CaseQuery) -> list[tuple[str, Case]]:
    """Return cases with their flows, by flow and offset."""
    found: list[tuple[str, Case]] = []
    for number, flow, start in _behind(connection, query):
        room = query.limit - len(found)
        if room <= 0:
            break
        given = _given(query, id=number, start=start, limit=room)
        some = connection.execute(page_of(query), given)
        found += [(flow, rows.case(flow, row)) for row in some]
    return found


def page_of(query: CaseQuery) -> str:
    """Return the statement for a page of one flow's cases."""
    by = _index(query, _BY_OFFSET)
    return f"""SELECT {COLUMNS} FROM flow_case c {by} WHERE c.flow = :id AND c.event > :start
        AND {_where(query)} ORDER BY c.event LIMIT :limit"""  # noqa: S608  constants of this module


def groups(connection: apsw.Connection, query: CaseQuery) -> list[CaseGroup]:
    """Return cases grouped by flow and cause, the largest group first."""
    found: list[CaseGroup] = []
    for number, flow, start in _behind(connection, query):
        found += _groups_of(connection, query, _given(query, id=number, start=start), flow)
    return sorted(found, key=lambda one: (-one.cases, one.flow, one.kind, one.cause))


def _behind(connection: apsw.Connection, query: CaseQuery) -> Iterator[tuple[int, str, int]]:
    """Yield number and name of each flow that a query goes on in, and the offset behind which it does."""
    after_flow, after_offset = query.after
    for number, flow in _flows(connection, query.flow):
        if flow >= after_flow:
            yield number, flow, after_offset if flow == after_flow else -1


def _groups_of(
    connection: apsw.Connection, query: CaseQuery, given: dict[str, Any], flow: str
) -> Iterator[CaseGroup]:
    held = {(kind, cause): count for kind, cause, count in connection.execute(held_of(query), given)}
    for kind, cause, cases, keys, first, last, example in connection.execute(causes_of(query), given):
        yield CaseGroup(flow, kind, cause, cases, keys, held.get((kind, cause), 0), first, last, example)


def causes_of(query: CaseQuery) -> str:
    """Return the statement that counts one flow's cases by cause."""
    by = _index(query, _BY_CAUSE)
    return f"""SELECT c.kind, c.cause, count(*), count(DISTINCT nullif(c.key, '')), min(c.at), max(c.at),
            min(c.event)
        FROM flow_case c {by} WHERE c.flow = :id AND c.event > :start AND {_where(query)}
        GROUP BY c.kind, c.cause"""  # noqa: S608  constants of this module


def held_of(query: CaseQuery) -> str:
    """Return the statement that adds up by cause what one flow's cases hold back."""
    return f"""SELECT c.kind, c.cause, sum(b.held) FROM ({_BEHIND}) b CROSS JOIN flow_case c
        ON c.flow = :id AND c.event = b.head WHERE b.head > :start AND {_where(query)}
        GROUP BY c.kind, c.cause"""  # noqa: S608  constants of this module


def holds_back(connection: apsw.Connection, flow: str, offsets: Sequence[int]) -> dict[int, int]:
    """Return how many held events stand behind each open case."""
    found: dict[int, int] = {}
    for number, _ in _flows(connection, flow):
        given = {"id": number, "offsets": _listed(offsets)}
        rows: list[Any] = connection.execute(_HOLDS_BACK, given).fetchall()
        found.update(rows)
    return found


def _flows(connection: apsw.Connection, name: str) -> list[tuple[int, str]]:
    """Return number and name of the flow of that name, or of all, by name."""
    rows = connection.execute(
        "SELECT id, name FROM flow WHERE :name = '' OR name = :name ORDER BY name", {"name": name}
    )
    return [(int(number), str(flow)) for number, flow in rows]


def _where(query: CaseQuery) -> str:
    """Return the conditions of a query. The state stands in the text, so that its partial index serves."""
    asked = [condition for name, condition in _CONDITIONS.items() if getattr(query, name)]
    return " AND ".join([f"c.state = '{query.state}'", *asked])


_BY_OFFSET = {"dead": "case_dead", "discarded": "case_discarded", "waiting": "case_due"}
_BY_CAUSE = {"dead": "case_cause"}


def _index(query: CaseQuery, indices: Mapping[str, str]) -> str:
    """Return which index serves a query's state, if one does; offsets that are named need none."""
    return f"INDEXED BY {indices[query.state]}" if query.state in indices and not query.offsets else ""


def _given(query: CaseQuery, **more: object) -> dict[str, Any]:
    given = {name: getattr(query, name) for name in _CONDITIONS}
    return given | {"offsets": _listed(query.offsets)} | more


def _listed(offsets: Sequence[int]) -> str:
    return msgspec.json.encode(list(offsets)).decode()
