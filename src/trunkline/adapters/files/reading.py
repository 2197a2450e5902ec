"""One file from its first byte to batches of arrivals: digest, decode, part into records.

``FileSource`` runs this in a thread, a batch ahead of what intake is storing. It is a generator without
a clock, a loop or a lock, so that a test can read a file without any of them.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path, PurePath

from trunkline.adapters.files.content import Content, Stamp, UnreadableFile, utf8
from trunkline.adapters.files.csv_rows import csv_rows
from trunkline.adapters.files.json_lines import json_lines
from trunkline.adapters.files.json_records import json_records
from trunkline.adapters.files.lines import Rules, blocks
from trunkline.adapters.files.settings import FileSettings
from trunkline.connectors.source import Arrival

BATCH_BYTES = 4 * 1_048_576
"""A batch ends once its records have this many bytes, however few they are."""

_FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}

Step = tuple[list[Arrival], bool]
"""A batch, and whether it is the file's last; a file without records has one step, empty and last."""


def read(
    path: Path, stamp: Stamp, settings: FileSettings, stop: threading.Event
) -> Generator[Step, None, None]:
    """Yield the batches of a file that is what ``stamp`` says, until ``stop`` is set.

    The step that says "last" comes only after the whole file was read and was still the same.

    Raises ``UnreadableFile``, ``FileChanged``, ``Stopped`` or ``OSError``.
    """
    kind = format_of(path.name, settings)
    with Content(path, stamp, stop) as content:
        identity = f"{content.digest()}:" if settings.identity == "line" else ""
        rules = Rules(printable(path.name), identity, settings.line_bytes, settings.encoding)
        text = utf8(content.chunks(), settings.encoding)
        yield from marked_last(batched(_arrivals(kind, text, rules, settings), settings.batch_rows))


def format_of(name: str, settings: FileSettings) -> str:
    """Return ``csv``, ``jsonl`` or ``json``; raises ``UnreadableFile`` where the name says none of them."""
    if settings.format != "auto":
        return settings.format
    path = PurePath(name.lower())
    suffix = PurePath(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if suffix not in _FORMATS:
        raise UnreadableFile(
            f"its name does not say what it holds (one of {', '.join(_FORMATS)}): state `format`"
        )
    return _FORMATS[suffix]


def printable(name: str) -> str:
    """Return a file's name as text that can be stored and shown, whatever bytes it has on the disk."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _arrivals(kind: str, text: Iterator[bytes], rules: Rules, settings: FileSettings) -> Iterator[Arrival]:
    if kind == "json":
        return json_records(text, rules)
    lines = blocks(text, rules.line_bytes)
    return json_lines(lines, rules) if kind == "jsonl" else csv_rows(lines, rules, settings)


def batched(arrivals: Iterable[Arrival], rows: int) -> Iterator[list[Arrival]]:
    """Group arrivals by ``rows`` or by ``BATCH_BYTES``, whichever is full first."""
    batch: list[Arrival] = []
    size = 0
    for arrival in arrivals:
        batch.append(arrival)
        size += len(arrival.raw)
        if len(batch) >= rows or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def marked_last(batches: Iterable[list[Arrival]]) -> Generator[Step, None, None]:
    """Say with each batch whether it is the last, which takes reading one ahead."""
    held: list[Arrival] | None = None
    for batch in batches:
        if held is not None:
            yield held, False
        held = batch
    yield held or [], True
