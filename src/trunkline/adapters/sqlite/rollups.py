"""Sums by the minute, hour and day on the embedded store: written with what they count, read for KPIs.

``add_deliveries`` and ``add_arrivals`` are called in the transactions of ledger, log and quarantine. They
write minutes. ``SqliteRollups.fold`` adds minutes to the rows of their hours and days and, in the same
transaction, moves the mark up to which that is done; below it a change goes into all three at once. So at
any time the rows of one step are the sums of those of a shorter one, to the event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import apsw
import msgspec

from trunkline.adapters.sqlite.store import Store
from trunkline.kernel.rollup import DAY, HOUR, MINUTE, NO_DELIVERIES, Arrivals, Deliveries, floor_to
from trunkline.kernel.sketch import EMPTY, Sketch, unpacked
from trunkline.observe.rollups import FlowSums, Kept, Pair, PairSums, Part, Seen, parts, trimmed

_COUNTS = "delivered, late, dropped, discarded, superseded, died, first_failures, failures"
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
_START = "CASE WHEN :step THEN start - start % :step ELSE :whole END"
_OF_FLOWS = f"""FROM flow_rollup r CROSS JOIN flow f ON f.id = r.flow
    WHERE {_SPAN} AND (:flows = '[]' OR f.name IN (SELECT value FROM json_each(:flows)))"""  # noqa: S608  as above
_SUM_FLOWS = f"""SELECT f.name, {_START}, sum(delivered), sum(late), sum(dropped), sum(discarded),
        sum(superseded), sum(died), sum(first_failures), sum(failures)
    {_OF_FLOWS} GROUP BY 1, 2"""
_LAGS = f"SELECT f.name, {_START}, lags {_OF_FLOWS} AND lags <> x''"
_SUM_PAIRS = f"""SELECT stream, source, {_START}, sum(accepted), sum(duplicates), sum(refused), max(silence)
    FROM source_rollup WHERE {_SPAN} GROUP BY 1, 2, 3"""  # noqa: S608  as above
_SILENCES = f"""SELECT stream, source, max(silence) FROM source_rollup
    WHERE {_SPAN} AND silence > :above GROUP BY 1, 2, start / 3600000000"""  # noqa: S608  as above

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
    """Add to a flow's minutes, and to their hours and days where those are made up already."""
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
    """A ``Rollups`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def deliveries(
        self, since: int, until: int, step: int = 0, flows: Collection[str] = (), *, lags: bool = True
    ) -> FlowSums:
        """Return what flows did."""
        chosen = msgspec.json.encode(sorted(flows)).decode()

        def read(connection: apsw.Connection) -> FlowSums:
            found: FlowSums = {}
            lanes: dict[tuple[str, int], int] = {}
            for part in parts(since, until, _kept(connection), step):
                given = _asked(part, step, since) | {"flows": chosen}
                for name, start, *counts in connection.execute(_SUM_FLOWS, given):
                    found[name, start] = found.get((name, start), NO_DELIVERIES) + Deliveries(*counts)
                for name, start, packed in connection.execute(_LAGS, given) if lags else ():
                    lanes[name, start] = lanes.get((name, start), 0) + unpacked(packed).lanes
            whole = {place: Sketch(sums) for place, sums in lanes.items()}
            return {
                place: msgspec.structs.replace(sums, lags=whole.get(place, EMPTY))
                for place, sums in found.items()
            }

        return await self._store.read(read)

    async def arrivals(self, since: int, until: int, step: int = 0) -> PairSums:
        """Return what came."""

        def read(connection: apsw.Connection) -> PairSums:
            found: PairSums = {}
            for part in parts(since, until, _kept(connection), step):
                rows = connection.execute(_SUM_PAIRS, _asked(part, step, since))
                for stream, source, start, *counts in rows:
                    place = ((stream, source), start)
                    found[place] = found.get(place, Arrivals()) + Arrivals(*counts)
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
                for stream, source, silence in connection.execute(
                    _SILENCES, _asked(part, 0, 0) | {"above": above}
                ):
                    found.setdefault((stream, source), []).append(silence)
            return found

        return await self._store.read(read)

    async def kept(self) -> Kept:
        """Return how finely the past is known."""
        return await self._store.read(_kept)

    async def fold(self, until: int) -> None:
        """Fold minutes into hours and days, a few at a time."""
        while await self._store.write(lambda connection: _fold(connection, floor_to(MINUTE, until))):
            pass

    async def trim(self, minutes_before: int, hours_before: int) -> None:
        """Forget minutes and hours, a few at a time."""
        while await self._store.write(lambda connection: _trim(connection, minutes_before, hours_before)):
            pass


def _asked(part: Part, step: int, whole: int) -> dict[str, Any]:
    return {"of": part.step, "since": part.since, "until": part.until, "step": step, "whole": whole}


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
    for step in (HOUR, DAY):
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
