"""Sums by the minute, hour, day and week on the embedded store: written with what they count, read for KPIs.

``add_deliveries`` and ``add_arrivals`` are called in the transactions of ledger, log and quarantine. They
write minutes. ``SqliteRollups.fold`` adds minutes to the rows of their longer spans and, in the same
transaction, moves the mark up to which that is done; below it a change goes into all of them at once. So at
any time the rows of one step are the sums of those of a shorter one, to the event.

Below the same mark there are totals: a row of all flows together for each span, minutes too, written in the
transactions that write those of the flows. A store that an older release wrote has none at first, and gets
them from the newest back; ``rollup_state.totals_from`` says how far. What most flows did together is the
total without the others, which is exact, as sums and sketches are whole numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.store import Store
from trunkline.adapters.sqlite.summing import SPAN, Sums, asked, chosen_of, cut, names_of
from trunkline.kernel.rollup import (
    DAY,
    HOUR,
    MINUTE,
    NO_ARRIVALS,
    NO_DELIVERIES,
    STEPS,
    WEEK,
    Arrivals,
    Deliveries,
    floor_to,
)
from trunkline.kernel.sketch import unpacked
from trunkline.observe.rollups import Kept, Pair, Seen, parts, trimmed

_COUNTS = "delivered, late, dropped, discarded, superseded, died, first_failures, failures"
_GET_FLOW = f"SELECT {_COUNTS}, lags FROM flow_rollup WHERE step = ? AND start = ? AND flow = ?"  # noqa: S608  a constant of this module
_PUT_FLOW = "INSERT OR REPLACE INTO flow_rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET_TOTAL = f"SELECT {_COUNTS}, lags FROM total_rollup WHERE step = ? AND start = ?"  # noqa: S608  as above
_PUT_TOTAL = "INSERT OR REPLACE INTO total_rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_PAIR = """INSERT INTO source_rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted,
        duplicates = duplicates + excluded.duplicates, refused = refused + excluded.refused,
        silence = max(silence, excluded.silence)"""
_SEE = """INSERT INTO source_seen VALUES (:stream, :source, :at, :at)
    ON CONFLICT DO UPDATE SET last = max(last, excluded.last)"""
_LAST = "SELECT last FROM source_seen WHERE stream = ? AND source = ?"
_SEEN = "SELECT stream, source, first, last FROM source_seen ORDER BY stream, source"
_STATE = "SELECT folded, minutes_from, hours_from FROM rollup_state"
_SET_STATE = "UPDATE rollup_state SET folded = ?, minutes_from = ?, hours_from = ?"
_TOTALS_FROM = "SELECT totals_from FROM rollup_state"
_SET_TOTALS_FROM = "UPDATE rollup_state SET totals_from = ?"

_SUM_PAIRS = f"""SELECT stream, source, sum(accepted), sum(duplicates), sum(refused), max(silence)
    FROM source_rollup WHERE {SPAN} GROUP BY stream, source"""  # noqa: S608  as above
_PAIR_COURSE = f"""SELECT start, sum(accepted), sum(duplicates), sum(refused), max(silence)
    FROM source_rollup WHERE {SPAN} AND (:pairs = '[]' OR json_array(stream, source) IN
        (SELECT value FROM json_each(:pairs)))
    GROUP BY start"""  # noqa: S608  as above
_SILENCES = f"""SELECT stream, source, max(silence) FROM source_rollup
    WHERE {SPAN} AND silence > :above GROUP BY stream, source, start / 3600000000"""  # noqa: S608  as above

_NEXT = """SELECT min(start) FROM (
    SELECT min(start) AS start FROM flow_rollup WHERE step = :of AND start >= :since
    UNION ALL SELECT min(start) FROM source_rollup WHERE step = :of AND start >= :since)"""
_BEFORE = "SELECT max(start) FROM flow_rollup WHERE step = ? AND start < ?"
_ROWS = f"SELECT start, flow, {_COUNTS}, lags FROM flow_rollup WHERE {SPAN}"  # noqa: S608  as above
_FOLD_PAIRS = f"""INSERT INTO source_rollup
    SELECT :step, start - start % :step, stream, source, sum(accepted), sum(duplicates), sum(refused),
        max(silence)
    FROM source_rollup WHERE {SPAN} GROUP BY 2, 3, 4
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted,
        duplicates = duplicates + excluded.duplicates, refused = refused + excluded.refused,
        silence = max(silence, excluded.silence)"""  # noqa: S608  as above
_TRIM_FLOWS = "DELETE FROM flow_rollup WHERE step = :of AND start >= :since AND start < :until"
_TRIM_TOTALS = "DELETE FROM total_rollup WHERE step = :of AND start >= :since AND start < :until"
_TRIM_PAIRS = "DELETE FROM source_rollup WHERE step = :of AND start >= :since AND start < :until"

_BITE = 5 * MINUTE
"""How many minutes one transaction folds, so that other writes wait for milliseconds only."""

_TRIM_BITE = 60 * MINUTE

_MOST_MADE_UP = 500
"""In how many transactions one ``fold`` makes up totals of an older store: some seconds of work."""


def add_deliveries(connection: apsw.Connection, flow: int, by_minute: Mapping[int, Deliveries]) -> None:
    """Add to a flow's minutes, and to longer spans where those are made up already."""
    kept, totals_from = _kept(connection), _totals_from(connection)
    for minute, sums in by_minute.items():
        for step in _steps(minute, kept):
            start = floor_to(step, minute)
            _add(connection, _OF_FLOW, (step, start, flow), sums)
            if totals_from <= start and minute < kept.folded:
                _add(connection, _OF_ALL, (step, start), sums)


def add_arrivals(connection: apsw.Connection, stream: str, source: str, at: int, sums: Arrivals) -> None:
    """Add to what came from a source at an instant; where anything new did, its silence ended."""
    if sums.accepted:
        last = next((last for (last,) in connection.execute(_LAST, (stream, source))), at)
        sums = msgspec.structs.replace(sums, silence=max(0, at - last))
        connection.execute(_SEE, {"stream": stream, "source": source, "at": at})
    for step in _steps(floor_to(MINUTE, at), _kept(connection)):
        values = msgspec.structs.astuple(sums)
        connection.execute(_ADD_PAIR, (step, floor_to(step, at), stream, source, *values))


def _steps(minute: int, kept: Kept) -> Iterator[int]:
    """Yield the steps of whose sums a minute is a part, as far as they are kept."""
    if minute >= kept.minutes_from:
        yield MINUTE
    if minute < kept.folded:
        if minute >= kept.hours_from:
            yield HOUR
        yield DAY
        yield WEEK


def _kept(connection: apsw.Connection) -> Kept:
    [row] = connection.execute(_STATE)
    return Kept(*row)


def _totals_from(connection: apsw.Connection) -> int:
    [(totals_from,)] = connection.execute(_TOTALS_FROM)
    return int(totals_from)


_OF_FLOW, _OF_ALL = (_GET_FLOW, _PUT_FLOW), (_GET_TOTAL, _PUT_TOTAL)


def _add(connection: apsw.Connection, table: tuple[str, str], key: tuple[int, ...], sums: Deliveries) -> None:
    get, put = table
    for row in connection.execute(get, key).fetchall():
        sums = _deliveries(row) + sums
    _put(connection, put, key, sums)


def _put(connection: apsw.Connection, put: str, key: tuple[int, ...], sums: Deliveries) -> None:
    *counts, lags = msgspec.structs.astuple(sums)
    connection.execute(put, (*key, *counts, lags.packed()))


def _deliveries(row: Any) -> Deliveries:
    sums: list[Any] = [*row[:-1], unpacked(row[-1])]
    return Deliveries(*sums)


class SqliteRollups:
    """A ``RollupKeeper`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def deliveries(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[str, Deliveries]:
        """Return what each flow did."""

        def read(connection: apsw.Connection) -> dict[str, Deliveries]:
            names = names_of(connection)
            sums = Sums(connection, "flow", lags=lags)
            for part in parts(since, until, _kept(connection)):
                sums.add(part, chosen_of(names, flows))
            return {names[flow]: found for flow, found in sums.all().items()}

        return await self._store.read(read)

    async def together(
        self, since: int, until: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> Deliveries:
        """Return what flows did together."""
        found = await self._together(since, until, 0, flows, lags=lags)
        return sum(found.values(), NO_DELIVERIES)

    async def delivery_course(
        self, since: int, until: int, step: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[int, Deliveries]:
        """Return what flows did together, by the step."""
        found = await self._together(since, until, step, flows, lags=lags)
        return {start: sums for start, sums in found.items() if sums != NO_DELIVERIES}

    async def _together(
        self, since: int, until: int, step: int, flows: Collection[str], *, lags: bool
    ) -> dict[int, Deliveries]:
        """Return what flows did together by the step, or as one where that is 0."""

        def read(connection: apsw.Connection) -> dict[int, Deliveries]:
            names, kept, totals_from = names_of(connection), _kept(connection), _totals_from(connection)
            chosen = chosen_of(names, flows)
            others = set(names).difference(chosen) if chosen is not None else ()
            sums = Sums(connection, "start", step, lags=lags)
            for part in parts(since, until, kept, step):
                if chosen is not None and len(chosen) <= len(others):
                    sums.add(part, chosen)
                    continue
                before, of_all, after = cut(part, totals_from, kept.folded)
                sums.add(before, chosen)
                sums.add_totals(of_all, others)
                sums.add(after, chosen)
            return sums.all()

        return await self._store.read(read)

    async def arrivals(self, since: int, until: int) -> dict[Pair, Arrivals]:
        """Return what came from each source."""

        def read(connection: apsw.Connection) -> dict[Pair, Arrivals]:
            found: dict[Pair, Arrivals] = {}
            for part in parts(since, until, _kept(connection)):
                for stream, source, *counts in connection.execute(_SUM_PAIRS, asked(part)):
                    pair = (stream, source)
                    found[pair] = found.get(pair, NO_ARRIVALS) + Arrivals(*counts)
            return found

        return await self._store.read(read)

    async def arrival_course(
        self, since: int, until: int, step: int, pairs: Collection[Pair] = ()
    ) -> dict[int, Arrivals]:
        """Return what came together."""
        chosen = msgspec.json.encode([msgspec.json.encode(pair).decode() for pair in pairs]).decode()

        def read(connection: apsw.Connection) -> dict[int, Arrivals]:
            found: dict[int, Arrivals] = {}
            for part in parts(since, until, _kept(connection), step):
                for start, *counts in connection.execute(_PAIR_COURSE, asked(part) | {"pairs": chosen}):
                    at = floor_to(step, start)
                    found[at] = found.get(at, NO_ARRIVALS) + Arrivals(*counts)
            return found

        return await self._store.read(read)

    async def seen(self) -> list[Seen]:
        """Return when anything came."""
        rows: list[Any] = await self._store.read(lambda connection: connection.execute(_SEEN).fetchall())
        return [Seen(*row) for row in rows]

    async def silences(self, since: int, above: int) -> dict[Pair, list[int]]:
        """Return the silences."""

        def read(connection: apsw.Connection) -> dict[Pair, list[int]]:
            found: dict[Pair, list[int]] = {}
            for part in parts(since, 1 << 62, _kept(connection), HOUR):
                for stream, source, silence in connection.execute(_SILENCES, asked(part) | {"above": above}):
                    found.setdefault((stream, source), []).append(silence)
            return found

        return await self._store.read(read)

    async def kept(self) -> Kept:
        """Return how finely the past is known."""
        return await self._store.read(_kept)

    async def fold(self, until: int) -> None:
        """Fold minutes into longer spans, and make up the totals of an older store, a few at a time."""
        while await self._store.write(lambda connection: _fold(connection, floor_to(MINUTE, until))):
            pass
        for _ in range(_MOST_MADE_UP):
            if not await self._store.write(_make_up_totals):
                return

    async def trim(self, minutes_before: int, hours_before: int) -> None:
        """Forget minutes and hours, a few at a time."""
        while await self._store.write(lambda connection: _trim(connection, minutes_before, hours_before)):
            pass


def _fold(connection: apsw.Connection, until: int) -> bool:
    """Fold the next minutes, and tell whether there are more."""
    kept = _kept(connection)
    [(first,)] = connection.execute(_NEXT, {"of": MINUTE, "since": kept.folded})
    if first is None or first >= until:
        end = max(until, kept.folded)
    else:
        end = min(until, first + _BITE)
        _fold_span(connection, first, end)
    connection.execute(_SET_STATE, (end, kept.minutes_from, kept.hours_from))
    return end < until


def _fold_span(connection: apsw.Connection, since: int, until: int) -> None:
    totals_from = _totals_from(connection)
    span = {"of": MINUTE, "since": since, "until": until}
    minutes = [(start, flow, _deliveries(row)) for start, flow, *row in connection.execute(_ROWS, span)]
    for step in STEPS:
        flows: dict[tuple[int, int], Deliveries] = {}
        totals: dict[int, Deliveries] = {}
        for minute, flow, sums in minutes:
            key = (floor_to(step, minute), flow)
            flows[key] = flows.get(key, NO_DELIVERIES) + sums
        for (start, flow), sums in flows.items():
            totals[start] = totals.get(start, NO_DELIVERIES) + sums
            if step > MINUTE:
                _add(connection, _OF_FLOW, (step, start, flow), sums)
        for start, sums in totals.items():
            if start >= totals_from:
                _add(connection, _OF_ALL, (step, start), sums)
        if step > MINUTE:
            connection.execute(_FOLD_PAIRS, span | {"step": step})


def _make_up_totals(connection: apsw.Connection) -> bool:
    """Add up the flows of the newest spans without totals, of an older store; tell whether there are more."""
    end = _totals_from(connection)
    newest = [
        start for step in STEPS for (start,) in connection.execute(_BEFORE, (step, end)) if start is not None
    ]
    if not newest:
        connection.execute(_SET_TOTALS_FROM, (0,))
        return False
    since: int = max(0, max(newest) + MINUTE - _BITE)
    for step in STEPS:
        totals: dict[int, Deliveries] = {}
        for start, _, *row in connection.execute(_ROWS, {"of": step, "since": since, "until": end}):
            totals[start] = totals.get(start, NO_DELIVERIES) + _deliveries(row)
        for start, sums in totals.items():
            _put(connection, _PUT_TOTAL, (step, start), sums)
    connection.execute(_SET_TOTALS_FROM, (since,))
    return bool(since)


def _trim(connection: apsw.Connection, minutes_before: int, hours_before: int) -> bool:
    """Forget the oldest of what may go, and tell whether there is more."""
    kept = _kept(connection)
    after = trimmed(kept, minutes_before, hours_before)
    gone = 0
    for step, until in ((MINUTE, after.minutes_from), (HOUR, after.hours_from)):
        [(first,)] = connection.execute(_NEXT, {"of": step, "since": 0})
        if first is None or first >= until:
            continue
        span = {"of": step, "since": first, "until": min(until, first + _TRIM_BITE)}
        for statement in (_TRIM_FLOWS, _TRIM_TOTALS, _TRIM_PAIRS):
            connection.execute(statement, span)
            gone += connection.changes()
    connection.execute(_SET_STATE, (after.folded, after.minutes_from, after.hours_from))
    return gone > 0
