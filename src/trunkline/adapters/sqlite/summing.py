"""Reading the sums of flows on the embedded store: rows of flows and totals, added up and taken away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import apsw
import msgspec

from trunkline.kernel.rollup import NO_DELIVERIES, Deliveries
from trunkline.kernel.sketch import Sketch, unpacked_lanes
from trunkline.observe.rollups import Part

SPAN = "step = :of AND start >= :since AND start < :until"
"""The rows of a part, of any table of sums, with ``asked``."""

_FLOWS = "SELECT id, name FROM flow"
_SUMS = """sum(delivered), sum(late), sum(dropped), sum(discarded), sum(superseded), sum(died),
    sum(first_failures), sum(failures)"""
_CHOSEN = "AND flow IN (SELECT value FROM json_each(:chosen))"
_SUM = f"SELECT {{by}}, {_SUMS} FROM {{table}} WHERE {SPAN} {{chosen}} GROUP BY {{by}}"  # noqa: S608  constants of this module
_LAGS = f"SELECT {{by}}, lags FROM {{table}} WHERE {SPAN} {{chosen}} AND lags <> x''"  # noqa: S608  as above


class Sums:
    """Sums by flows, or by steps: the counts of rows are added up by SQLite, the lags here."""

    def __init__(self, connection: apsw.Connection, by: str, step: int = 1, *, lags: bool) -> None:
        self._connection = connection
        self._by = by
        self._step = step
        self._with_lags = lags
        self._sums: dict[int, Deliveries] = {}
        self._lanes: dict[int, int] = {}

    def add(self, part: Part, chosen: Collection[int] | None) -> None:
        """Add what flows did in a part of the span, all where None is chosen."""
        self._read(part, "flow_rollup", chosen, 1)

    def add_totals(self, part: Part, others: Collection[int]) -> None:
        """Add what all flows did in a part of which there are totals, but for ``others``."""
        self._read(part, "total_rollup", None, 1)
        if others:
            self._read(part, "flow_rollup", others, -1)

    def all(self) -> dict[int, Deliveries]:
        """Return all sums."""
        return {
            place: msgspec.structs.replace(sums, lags=Sketch(self._lanes.get(place, 0)))
            for place, sums in self._sums.items()
        }

    def _read(self, part: Part, table: str, chosen: Collection[int] | None, sign: int) -> None:
        if part.since >= part.until:
            return
        words = {"by": self._by, "table": table, "chosen": "" if chosen is None else _CHOSEN}
        given = asked(part) | {"chosen": msgspec.json.encode([*(chosen or ())]).decode()}
        sums, lanes, step = self._sums, self._lanes, self._step
        for by, *counts in self._connection.execute(_SUM.format(**words), given):
            place = by - by % step if step else 0
            added = Deliveries(*(sign * count for count in counts))
            sums[place] = sums.get(place, NO_DELIVERIES) + added
        rows = self._connection.execute(_LAGS.format(**words), given) if self._with_lags else ()
        for by, packed in rows:
            place = by - by % step if step else 0
            lanes[place] = lanes.get(place, 0) + sign * unpacked_lanes(packed)


def cut(part: Part, since: int, until: int) -> tuple[Part, Part, Part]:
    """Return of a part the spans that begin before ``since``, from then up to ``until``, and after."""
    first = min(max(part.since, since), part.until)
    last = max(first, min(part.until, until))
    return Part(part.step, part.since, first), Part(part.step, first, last), Part(part.step, last, part.until)


def names_of(connection: apsw.Connection) -> dict[int, str]:
    """Return the names of flows by their numbers."""
    rows: list[Any] = connection.execute(_FLOWS).fetchall()
    return dict(rows)


def chosen_of(names: Mapping[int, str], flows: Collection[str]) -> list[int] | None:
    """Return the numbers of flows, None where all are chosen."""
    chosen = [number for number, name in names.items() if name in flows]
    return chosen if flows and len(chosen) < len(names) else None


def asked(part: Part) -> dict[str, Any]:
    """Return a part as what ``SPAN`` is given."""
    return {"of": part.step, "since": part.since, "until": part.until}
