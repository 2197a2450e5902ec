"""Sums by the minute, hour, day and week on the embedded store: written with what they count, read for KPIs.

``add_deliveries`` and ``add_arrivals`` are called in the transactions of ledger, log and quarantine. They
write minutes. ``SqliteRollups.fold`` adds minutes to the rows of their longer spans and, in the same
transaction, moves the mark up to which that is done; below it a change goes into all of them at once. So at
any time the rows of one step are the sums of those of a shorter one, to the event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.store import Store
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
from trunkline.kernel.sketch import Sketch, unpacked, unpacked_lanes
from trunkline.observe.rollups import Kept, Pair, Part, Seen, parts, trimmed

_COUNTS = "delivered, late, dropped, discarded, superseded, died, first_failures, failures"
_FLOWS = "SELECT id, name FROM flow"
_GET_FLOW = f"SELECT {_COUNTS}, lags FROM flow_rollup WHERE step = ? AND start = ? AND flow = ?"  # noqa: S608  a constant of this module
_PUT_FLOW = "INSERT OR REPLACE INTO flow_rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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

_SPAN = "step = :of AND start >= :since AND start < :until"
_SUMS = "sum(delivered), sum(late), sum(dropped), sum(discarded), sum(superseded), sum(died)"
_OF_FLOWS = f"FROM flow_rollup WHERE {_SPAN}"
_CHOSEN = "AND flow IN (SELECT value FROM json_each(:chosen))"
_SUM_FLOWS = (
    f"SELECT {{by}}, {_SUMS}, sum(first_failures), sum(failures) {_OF_FLOWS} {{chosen}} GROUP BY {{by}}"
)
_LAGS = f"SELECT {{by}}, lags {_OF_FLOWS} {{chosen}} AND lags <> x''"
_SUM_PAIRS = f"""SELECT stream, source, sum(accepted), sum(duplicates), sum(refused), max(silence)
    FROM source_rollup WHERE {_SPAN} GROUP BY stream, source"""  # noqa: S608  as above
_PAIR_COURSE = f"""SELECT start, sum(accepted), sum(duplicates), sum(refused), max(silence)
    FROM source_rollup WHERE {_SPAN} AND (:pairs = '[]' OR json_array(stream, source) IN
        (SELECT value FROM json_each(:pairs)))
    GROUP BY start"""  # noqa: S608  as above
_SILENCES = f"""SELECT stream, source, max(silence) FROM source_rollup
    WHERE {_SPAN} AND silence > :above GROUP BY stream, source, start / 3600000000"""  # noqa: S608  as above

_NEXT = """SELECT min(start) FROM (
    SELECT min(start) AS start FROM flow_rollup WHERE step = :of AND start >= :since
    UNION ALL SELECT min(start) FROM source_rollup WHERE step = :of AND start >= :since)"""
_MINUTES = f"SELECT flow, {_COUNTS}, lags FROM flow_rollup WHERE {_SPAN}"  # noqa: S608  as above
_FOLD_PAIRS = f"""INSERT INTO source_rollup
    SELECT :step, start - start % :step, stream, source, sum(accepted), sum(duplicates), sum(refused),
        max(silence)
    FROM source_rollup WHERE {_SPAN} GROUP BY 2, 3, 4
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted,
        duplicates = duplicates + excluded.duplicates, refused = refused + excluded.refused,
        silence = max(silence, excluded.silence)"""  # noqa: S608  as above
_TRIM_FLOWS = "DELETE FROM flow_rollup WHERE step = :of AND start >= :since AND start < :until"
_TRIM_PAIRS = "DELETE FROM source_rollup WHERE step = :of AND start >= :since AND start < :until"

_BITE = 5 * MINUTE
"""How many minutes one transaction folds, so that other writes wait for milliseconds only."""

_TRIM_BITE = 60 * MINUTE


def add_deliveries(connection: apsw.Connection, flow: int, by_minute: Mapping[int, Deliveries]) -> None:
    """Add to a flow's minutes, and to longer spans where those are made up already."""
    kept = _kept(connection)
    for minute, sums in by_minute.items():
        for step in _steps(minute, kept):
            _add(connection, step, floor_to(step, minute), flow, sums)


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


def _add(connection: apsw.Connection, step: int, start: int, flow: int, sums: Deliveries) -> None:
    for row in connection.execute(_GET_FLOW, (step, start, flow)).fetchall():
        sums = _deliveries(row) + sums
    *counts, lags = msgspec.structs.astuple(sums)
    connection.execute(_PUT_FLOW, (step, start, flow, *counts, lags.packed()))


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
            names = _names(connection)
            sums = _Sums(connection, "flow", _chosen(names, flows))
            for part in parts(since, until, _kept(connection)):
                sums.read(part, lags=lags)
            return {names[flow]: found for flow, found in sums.all().items()}

        return await self._store.read(read)

    async def delivery_course(
        self, since: int, until: int, step: int, flows: Collection[str] = (), *, lags: bool = True
    ) -> dict[int, Deliveries]:
        """Return what flows did together."""

        def read(connection: apsw.Connection) -> dict[int, Deliveries]:
            names = _names(connection)
            sums = _Sums(connection, "start", _chosen(names, flows), step)
            for part in parts(since, until, _kept(connection), step):
                sums.read(part, lags=lags)
            return sums.all()

        return await self._store.read(read)

    async def arrivals(self, since: int, until: int) -> dict[Pair, Arrivals]:
        """Return what came from each source."""

        def read(connection: apsw.Connection) -> dict[Pair, Arrivals]:
            found: dict[Pair, Arrivals] = {}
            for part in parts(since, until, _kept(connection)):
                for stream, source, *counts in connection.execute(_SUM_PAIRS, _asked(part)):
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
                for start, *counts in connection.execute(_PAIR_COURSE, _asked(part) | {"pairs": chosen}):
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
                for stream, source, silence in connection.execute(_SILENCES, _asked(part) | {"above": above}):
                    found.setdefault((stream, source), []).append(silence)
            return found

        return await self._store.read(read)

    async def kept(self) -> Kept:
        """Return how finely the past is known."""
        return await self._store.read(_kept)

    async def fold(self, until: int) -> None:
        """Fold minutes into longer spans, a few at a time."""
        while await self._store.write(lambda connection: _fold(connection, floor_to(MINUTE, until))):
            pass

    async def trim(self, minutes_before: int, hours_before: int) -> None:
        """Forget minutes and hours, a few at a time."""
        while await self._store.write(lambda connection: _trim(connection, minutes_before, hours_before)):
            pass


class _Sums:
    """Sums of flows, by their rows or by beginnings: the counts added up by SQLite, the lags here."""

    def __init__(self, connection: apsw.Connection, by: str, chosen: str, step: int = 1) -> None:
        self._connection = connection
        self._step = step
        self._chosen = chosen
        words = {"by": by, "chosen": _CHOSEN if chosen else ""}
        self._counts, self._lags = _SUM_FLOWS.format(**words), _LAGS.format(**words)
        self._sums: dict[int, Deliveries] = {}
        self._lanes: dict[int, int] = {}

    def read(self, part: Part, *, lags: bool) -> None:
        """Add what is in a part of the span."""
        given, step = _asked(part) | {"chosen": self._chosen}, self._step
        for by, *counts in self._connection.execute(self._counts, given):
            place = by - by % step
            self._sums[place] = self._sums.get(place, NO_DELIVERIES) + Deliveries(*counts)
        lanes = self._lanes
        for by, packed in self._connection.execute(self._lags, given) if lags else ():
            place = by - by % step
            lanes[place] = lanes.get(place, 0) + unpacked_lanes(packed)

    def all(self) -> dict[int, Deliveries]:
        """Return all sums."""
        return {
            place: msgspec.structs.replace(sums, lags=Sketch(self._lanes.get(place, 0)))
            for place, sums in self._sums.items()
        }


def _names(connection: apsw.Connection) -> dict[int, str]:
    rows: list[Any] = connection.execute(_FLOWS).fetchall()
    return dict(rows)


def _chosen(names: Mapping[int, str], flows: Collection[str]) -> str:
    """Return the rows of flows as JSON; nothing where all are chosen."""
    rows = [number for number, name in names.items() if name in flows]
    return msgspec.json.encode(rows).decode() if flows and len(rows) < len(names) else ""


def _asked(part: Part) -> dict[str, Any]:
    return {"of": part.step, "since": part.since, "until": part.until}


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
    for step in STEPS[1:]:
        start = since
        while start < until:
            end = min(until, floor_to(step, start) + step)
            span = {"of": MINUTE, "since": start, "until": end}
            sums: dict[int, Deliveries] = {}
            for flow, *row in connection.execute(_MINUTES, span):
                sums[flow] = sums.get(flow, NO_DELIVERIES) + _deliveries(row)
            for flow, added in sums.items():
                _add(connection, step, floor_to(step, start), flow, added)
            connection.execute(_FOLD_PAIRS, span | {"step": step})
            start = end


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
        for statement in (_TRIM_FLOWS, _TRIM_PAIRS):
            connection.execute(statement, span)
            gone += connection.changes()
    connection.execute(_SET_STATE, (after.folded, after.minutes_from, after.hours_from))
    return gone > 0
