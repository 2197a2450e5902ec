"""Recorded records, one after the other: out of the log, or out of files where there is no store."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from trunkline.adapters.files.content import FileChanged, Stamp, UnreadableFile
from trunkline.adapters.files.reading import read
from trunkline.adapters.files.settings import FileSettings
from trunkline.connectors.source import Arrival
from trunkline.contracts.contract import Contract
from trunkline.contracts.violations import Violation
from trunkline.eventlog.port import LogReader
from trunkline.kernel import json
from trunkline.kernel.errors import UsageError

_SETTINGS = FileSettings(folder=".", identity="contract")


class Recorded(msgspec.Struct, frozen=True):
    """A record that came once, and what a contract has against it.

    ``at`` is when it was accepted (microseconds, 0 where nobody knows), ``place`` where it stands.
    """

    record: Any
    wrong: tuple[Violation, ...]
    source: str
    place: str
    at: int = 0


async def of_log(
    log: LogReader, stream: str, contract: Contract, last: int, since: int
) -> AsyncIterator[Recorded]:
    """Yield the ``last`` events of a stream that were accepted ``since`` then, oldest first."""
    extent = next((one for one in await log.streams() if one.stream == stream), None)
    if extent is None:
        return
    start = max(extent.first, extent.next - last)
    if since:
        start = await _first_since(log, stream, since, start, extent.next)
    while start < extent.next:
        page = await log.read(stream, start, extent.next - start)
        if not page.events:
            return
        for offset, event in enumerate(page.events, page.base):
            record = json.decode(event.data)
            place = f"{stream} offset {offset}"
            yield Recorded(record, contract.check(record), event.source, place, event.recorded)
        start = page.next


async def _first_since(log: LogReader, stream: str, since: int, start: int, end: int) -> int:
    """Return the first offset that was accepted then or later: offsets grow with time."""
    while start < end:
        middle = (start + end) // 2
        page = await log.read(stream, middle, 1)
        if not page.events or page.events[0].recorded >= since:
            end = middle
        else:
            start = page.next
    return start


def of_files(files: Sequence[Path], contract: Contract) -> Iterator[Recorded]:
    """Yield the records of JSON, JSON Lines and CSV files, each also with ``.gz``.

    Raises ``UsageError`` for a file that cannot be read.
    """
    for file in files:
        try:
            for batch, _ in read(file, Stamp.of(file.stat()), _SETTINGS, threading.Event()):
                for arrival in batch:
                    yield _recorded(arrival, contract, file.name)
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from None
        except (UnreadableFile, FileChanged) as error:
            raise UsageError(f"{file} cannot be read: {error}") from None


def _recorded(arrival: Arrival, contract: Contract, source: str) -> Recorded:
    record, wrong = _read(arrival, contract)
    return Recorded(record, wrong, source, arrival.place)


def _read(arrival: Arrival, contract: Contract) -> tuple[Any, tuple[Violation, ...]]:
    if arrival.fault:
        return None, (Violation("", "unreadable", arrival.fault),)
    if arrival.fields is not None:
        return contract.typed(arrival.fields)
    try:
        record = json.decode(arrival.raw)
    except ValueError:
        return None, (Violation("", "unreadable", "it is no JSON"),)
    return record, contract.check(record)
