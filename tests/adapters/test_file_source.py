"""The watched folder against the suite of its port, in every format, and against real input."""

import csv
import gzip
import itertools
import json
import os
import threading
import tracemalloc
from contextlib import aclosing
from pathlib import Path

import pytest

from trunkline.adapters.files.content import Stamp
from trunkline.adapters.files.reading import read
from trunkline.adapters.files.settings import FileSettings
from trunkline.adapters.files.source import FileSource
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.signals import Signals
from trunkline.testkit.arrival import ArrivalSuite, Pulling
from trunkline.testkit.source import UNREADABLE, SourceSuite, accepted

SHARED = Path(os.environ.get("TRUNKLINE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
RETAIL = SHARED / "online-retail-2010-12-to-2011-05.csv.gz"


def as_csv(values):
    lines = ["value,note"] + [
        "broken" if value == UNREADABLE else f'{value},"two\nlines"' for value in values
    ]
    return ("\n".join(lines) + "\n").encode()


def as_jsonl(values):
    lines = [b"\xff" if value == UNREADABLE else json.dumps({"value": value}).encode() for value in values]
    return b"\n".join(lines)


def as_json(values):
    records = [
        b'"\xff"' if value == UNREADABLE else json.dumps({"value": value}).encode() for value in values
    ]
    return b"[\n" + b",\n".join(records) + b"\n]\n"


WRITERS = {"csv": as_csv, "jsonl": as_jsonl, "json": as_json}


class FolderHarness:
    """A folder that exports are dropped into, one for each offer."""

    def __init__(self, folder, kind, *, packed):
        self._folder = folder
        self._kind = kind
        self._packed = packed
        self._count = 0
        folder.mkdir()

    def source(self):
        settings = FileSettings(folder="in", settled_seconds=0, poll_seconds=0.05, batch_rows=100)
        return FileSource("till/sale", self._folder, settings, SystemClock(), Signals())

    async def offer(self, values):
        self._count += 1
        name = f"{self._count:03}.{self._kind}{'.gz' if self._packed else ''}"
        data = WRITERS[self._kind](values)
        half_written = self._folder / f".{name}"
        half_written.write_bytes(gzip.compress(data) if self._packed else data)
        half_written.rename(self._folder / name)

    def value(self, arrival):
        fields = arrival.fields if arrival.fields is not None else json.loads(arrival.raw)
        return int(fields["value"])


class TestWatchedFolder(SourceSuite):
    """Every format, plain and packed, behaves as every source does."""

    @pytest.fixture(params=["csv", "jsonl", "json", "csv.gz", "jsonl.gz", "json.gz"])
    def harness(self, request, tmp_path):
        kind, _, packed = request.param.partition(".")
        return FolderHarness(tmp_path / "in", kind, packed=bool(packed))


class TestFilesArrive(ArrivalSuite):
    """Exports that are dropped keep what whoever drops them relies on."""

    @pytest.fixture(params=["csv", "jsonl", "json"])
    def sender(self, request, tmp_path):
        return Pulling(FolderHarness(tmp_path / "in", request.param, packed=False))


needs_retail = pytest.mark.skipif(
    not RETAIL.exists(), reason=f"{RETAIL} is not there; set TRUNKLINE_SHARED_DATA"
)


@needs_retail
async def test_five_months_of_a_real_till_come_whole(tmp_path):
    """Every line of a real export comes once, with the cells an independent reader finds."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / RETAIL.name).write_bytes(RETAIL.read_bytes())
    settings = FileSettings(folder="in", settled_seconds=0)
    source = FileSource("till/sale", folder, settings, SystemClock(), Signals())
    identities, total, rows = set(), 0, 0
    async with aclosing(source.batches()) as batches:
        async for batch in batches:
            assert not any(arrival.fault for arrival in batch.arrivals)
            rows += len(batch.arrivals)
            identities.update(arrival.identity for arrival in batch.arrivals)
            total += sum(int(arrival.fields["Quantity"]) for arrival in batch.arrivals)
            await source.settle(batch, accepted(batch))
            if (folder / "done" / RETAIL.name).exists():
                break
    await source.close()
    with gzip.open(RETAIL, "rt", encoding="utf-8", newline="") as file:
        expected = sum(int(row["Quantity"]) for row in csv.DictReader(file))
    assert (rows, len(identities), total) == (209_029, 209_029, expected)


@needs_retail
def test_a_real_export_is_read_in_bounded_memory():
    """However long the export, no more than a few batches of it are held at a time."""
    steps = read(RETAIL, Stamp.of(RETAIL.stat()), FileSettings(folder="in"), threading.Event())
    tracemalloc.start()
    try:
        rows = sum(len(batch) for batch, _ in itertools.islice(steps, 30))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        steps.close()
    assert rows == 30_000
    assert peak < 12_000_000
