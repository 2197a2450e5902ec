"""What arrived within the window, exactly, in bounded memory, committed together with the events.

A key is a keyed 128-bit BLAKE2b hash of (stream, source, id): its secret is the store's own, so
nobody can craft two arrivals that share a key, or test a guess with the file alone.

Keys are stored as a log-structured set. Those of the *open run* lie in memory and, packed as they
came, in ``dedupe_tail``: 16 bytes an event. A full run is *closed*: sorted into ``dedupe_key``,
where it is written once, side by side, and never changes. Runs are grouped in *segments*; each has
a Bloom filter in memory, so that a new key touches no B-tree. It gets keys as they come, so that
closing a run is short. A filter's hit is looked up in the runs of its segment only. Runs whose keys
are all older than the window are dropped, two for each that closes.

Used by the writer's thread only. Memory changes before the commit; after a failed one the owner calls
``load`` again, and memory is what the store is.
"""

from __future__ import annotations

import bisect
import hashlib
from array import array
from collections.abc import Collection, Iterable, Sequence

import apsw
import msgspec

from trunkline.adapters.sqlite.bloom import Bloom, Probes
from trunkline.adapters.sqlite.pages import typed
from trunkline.kernel.event import Event

KEY_BYTES = 16
_HASHERS = 1_024  # prepared (stream, source) pairs kept; senders name sources, so they are not bounded


class Shape(msgspec.Struct, frozen=True):
    """How keys are grouped: a run bounds what a start reads, a segment what one filter's hit costs."""

    run_keys: int = 65_536
    runs_in_segment: int = 43
    filter_words: int = 1 << 19
    """In each of a filter's two levels: 8 MB together, 23.8 bits a key."""
    runs_in_snapshot: int = 4
    """After how many closed runs the open segment's filter is stored: what a start has to rebuild."""


class _Segment(msgspec.Struct):
    number: int
    """That of its first run."""
    runs: list[tuple[int, int]]
    """(run, second of its newest key), oldest first."""
    bloom: Bloom | None
    """None where the bound on memory leaves no room: looked up on disk."""


class _Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """A segment's filter as it was kept; without words, an empty one."""

    words: bytes | None
    through: int


class _OpenRun:
    """The newest keys, with where and when each arrived."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.filter: Bloom | None = None
        self.filtered = 0
        """So many of its first keys are in that filter, its segment's, already."""
        self.positions: dict[bytes, int] = {}
        self.keys: list[bytes] = []
        self._starts: list[int] = []
        self._spans: list[tuple[int, int]] = []

    def add(self, keys: Sequence[bytes], base: int, second: int) -> None:
        start = len(self.keys)
        self._starts.append(start)
        self._spans.append((base - start, second))
        self.positions.update(zip(keys, range(start, start + len(keys)), strict=True))
        self.keys.extend(keys)

    def offset(self, key: bytes, forgotten: int) -> int | None:
        position = self.positions[key]
        shift, second = self._spans[bisect.bisect_right(self._starts, position) - 1]
        return position + shift if second > forgotten else None

    @property
    def newest(self) -> int:
        return max(second for _, second in self._spans)


class Dedupe:
    """The keys of one store; ``load`` first."""

    def __init__(self, secret: bytes, memory_bytes: int, shape: Shape) -> None:
        self._secret = secret
        self._shape = shape
        self._filters = memory_bytes // (16 * self._shape.filter_words)
        self._hashers: dict[tuple[str, str], hashlib.blake2b] = {}
        self._segments: list[_Segment] = []
        self._open = _OpenRun(0)
        self._probed: tuple[Sequence[bytes], Probes] | None = None

    def keys(self, stream: str, events: Iterable[Event]) -> list[bytes]:
        """Return each event's key; raises ``ValueError`` for an id that is not Unicode text."""
        keys = []
        source, begun = "", None
        for event in events:
            if begun is None or event.source != source:  # nearly always the same as before
                source = event.source
                begun = self._hashers.get((stream, source)) or self._hasher(stream, source)
            hasher = begun.copy()
            hasher.update(event.id.encode())
            keys.append(hasher.digest())
        return keys

    def known(self, connection: apsw.Connection, keys: Sequence[bytes], forgotten: int) -> dict[bytes, int]:
        """Return the offsets of those keys that arrived after second ``forgotten``."""
        known = {key: self._open.offset(key, forgotten) for key in self._open.positions.keys() & set(keys)}
        found = {key: offset for key, offset in known.items() if offset is not None}
        unseen = [key for key in keys if key not in found] if found else list(keys)
        if unseen and self._segments:
            probes = Probes(unseen, self._shape.filter_words)
            self._probed = unseen, probes
            for segment in self._segments:
                asked = unseen if segment.bloom is None else [unseen[i] for i in segment.bloom.hits(probes)]
                if asked:
                    found.update(_look_up(connection, segment, asked, forgotten))
        return found

    def remember(self, connection: apsw.Connection, keys: Sequence[bytes], base: int, second: int) -> None:
        """Store that ``keys`` arrived in ``second`` with consecutive offsets from ``base`` on."""
        run, start = self._open, len(self._open.keys)
        connection.execute("INSERT INTO dedupe_tail VALUES (?, ?)", (start, b"".join(keys)))
        connection.execute("INSERT INTO dedupe_span VALUES (?, ?, ?, ?)", (run.number, start, base, second))
        run.add(keys, base, second)
        segment = self._segment_of_open()
        if segment is not None and segment.bloom is not None and run.filtered == start:
            probed, probes = self._probed or ((), None)
            if probes is None or probed != keys:
                probes = Probes(keys, self._shape.filter_words)
            segment.bloom.add(probes)
            run.filter, run.filtered = segment.bloom, len(run.keys)

    def make_room(self, connection: apsw.Connection, forgotten: int) -> None:
        """Close the open run if it is full, and drop what nobody has to remember."""
        if len(self._open.keys) < self._shape.run_keys:
            return
        for _ in range(2):
            self._drop_oldest(connection, forgotten)
        self._close_run(connection)

    def load(self, connection: apsw.Connection) -> None:
        """Read what is to be remembered from the store; filters in memory are kept.

        Raises ``Corrupt`` where damage left what was never stored.
        """
        kept = {segment.number: segment.bloom for segment in self._segments}
        self._segments = _load_segments(connection)
        for segment in self._segments[-self._filters :] if self._filters else []:
            segment.bloom = kept.get(segment.number) or self._load_bloom(connection, segment)
        [(number,)] = connection.execute("SELECT ifnull(max(run) + 1, 0) FROM dedupe_run")
        self._open = _load_open_run(connection, number)

    def _hasher(self, stream: str, source: str) -> hashlib.blake2b:
        if len(self._hashers) >= _HASHERS:
            self._hashers.clear()
        hasher = hashlib.blake2b(digest_size=KEY_BYTES, key=self._secret)
        for text in (stream.encode(), source.encode()):
            hasher.update(len(text).to_bytes(4, "big") + text)
        self._hashers[stream, source] = hasher
        return hasher

    def _close_run(self, connection: apsw.Connection) -> None:
        run, segment = self._open, self._open_segment()
        connection.execute(
            "INSERT OR REPLACE INTO dedupe_key"
            " SELECT ?, value, rowid - 1 FROM carray(?) ORDER BY value, rowid",
            (run.number, apsw.carray(tuple(run.keys))),
        )
        connection.execute("DELETE FROM dedupe_tail")
        connection.execute(
            "INSERT INTO dedupe_run VALUES (?, ?, ?)", (run.number, segment.number, run.newest)
        )
        segment.runs.append((run.number, run.newest))
        if segment.bloom is not None:
            # its segment may have been dropped meanwhile, with the filter that has its keys
            done = run.filtered if segment.bloom is run.filter else 0
            segment.bloom.add(Probes(run.keys[done:], self._shape.filter_words))
            self._snapshot(connection, segment)
        self._open = _OpenRun(run.number + 1)

    def _segment_of_open(self) -> _Segment | None:
        """Return the segment that the open run will belong to, or None where it begins one."""
        last = self._segments[-1] if self._segments else None
        return last if last and self._open.number - last.number < self._shape.runs_in_segment else None

    def _open_segment(self) -> _Segment:
        there = self._segment_of_open()
        if there is not None:
            return there
        bloom = Bloom(self._shape.filter_words) if self._filters else None
        self._segments.append(_Segment(self._open.number, [], bloom))
        for segment in self._segments[: -self._filters or None]:
            segment.bloom = None
        return self._segments[-1]

    def _snapshot(self, connection: apsw.Connection, segment: _Segment) -> None:
        """Keep the filter every few runs and at its last, so that a start rebuilds little."""
        shape, through = self._shape, segment.runs[-1][0]
        runs = through - segment.number + 1
        if segment.bloom and (runs % shape.runs_in_snapshot == 0 or runs == shape.runs_in_segment):
            connection.execute(
                "INSERT OR REPLACE INTO dedupe_filter VALUES (?, ?, ?)",
                (segment.number, through, segment.bloom.stored()),
            )

    def _load_bloom(self, connection: apsw.Connection, segment: _Segment) -> Bloom:
        snapshot = connection.execute(
            "SELECT words, through FROM dedupe_filter WHERE segment = ?", (segment.number,)
        ).fetchone()
        kept = typed(snapshot, _Snapshot) if snapshot else _Snapshot(None, -1)
        if kept.words is not None and len(kept.words) != 16 * self._shape.filter_words:
            kept = _Snapshot(None, -1)  # of another shape: made again from the keys
        bloom = Bloom(self._shape.filter_words, kept.words)
        for run, _ in segment.runs:
            if run > kept.through:
                keys = [key for (key,) in connection.execute(_KEYS_OF_RUN, (run,))]
                bloom.add(Probes(keys, self._shape.filter_words))
        return bloom

    def _drop_oldest(self, connection: apsw.Connection, forgotten: int) -> None:
        """Drop the oldest run if all its keys are forgotten, with its segment if that was the last."""
        if not self._segments or self._segments[0].runs[0][1] > forgotten:
            return
        segment = self._segments[0]
        run, _ = segment.runs.pop(0)
        for table in ("dedupe_key", "dedupe_span", "dedupe_run"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608  names stand above
        if not segment.runs:
            self._segments.pop(0)
            connection.execute("DELETE FROM dedupe_filter WHERE segment = ?", (segment.number,))


_KEYS_OF_RUN = "SELECT key FROM dedupe_key WHERE run = ?"
_LOOK_UP = """
SELECT k.key, s.base + k.position - s.start, k.run
FROM carray(?) AS asked CROSS JOIN carray(?) AS runs
CROSS JOIN dedupe_key AS k ON k.run = runs.value AND k.key = asked.value
CROSS JOIN dedupe_span AS s ON s.run = k.run
    AND s.start = (SELECT max(start) FROM dedupe_span WHERE run = k.run AND start <= k.position)
WHERE s.at > ?
"""


def _look_up(
    connection: apsw.Connection, segment: _Segment, keys: list[bytes], forgotten: int
) -> dict[bytes, int]:
    """Look keys up in a segment's runs: what repeats together arrived together, so first near the first."""
    runs = [run for run, newest in segment.runs if newest > forgotten]
    first = _seek(connection, runs, keys[:1], forgotten)
    near = {run + step for _, _, run in first for step in (0, 1)}.intersection(runs)
    found = {key: offset for key, offset, _ in [*first, *_seek(connection, near, keys[1:], forgotten)]}
    left = [key for key in keys[1:] if key not in found]
    found.update((key, offset) for key, offset, _ in _seek(connection, runs, left, forgotten))
    return found


def _seek(
    connection: apsw.Connection, runs: Collection[int], keys: list[bytes], forgotten: int
) -> list[tuple[bytes, int, int]]:
    if not runs or not keys:
        return []
    asked = (apsw.carray(tuple(keys)), apsw.carray(array("q", runs)), forgotten)
    return [(key, offset, run) for key, offset, run in connection.execute(_LOOK_UP, asked)]


def _load_segments(connection: apsw.Connection) -> list[_Segment]:
    segments: list[_Segment] = []
    for row in connection.execute("SELECT run, segment, newest FROM dedupe_run ORDER BY run"):
        run, number, newest = typed(row, tuple[int, int, int])
        if not segments or segments[-1].number != number:
            segments.append(_Segment(number, [], None))
        segments[-1].runs.append((run, newest))
    return segments


def _load_open_run(connection: apsw.Connection, number: int) -> _OpenRun:
    run = _OpenRun(number)
    rows = (
        "SELECT keys, base, at FROM dedupe_tail JOIN dedupe_span USING (start) WHERE run = ? ORDER BY start"
    )
    for row in connection.execute(rows, (number,)):
        packed, base, second = typed(row, tuple[bytes, int, int])
        run.add([packed[at : at + KEY_BYTES] for at in range(0, len(packed), KEY_BYTES)], base, second)
    return run
