"""The watched folder as operators see it: signals, done, failed, and nothing lost in between."""

import asyncio
import errno
import gzip
import os
from contextlib import aclosing

import pytest

from trunkline.adapters.files.settings import FileSettings
from trunkline.adapters.files.source import REFUSALS_LISTED, FileSource
from trunkline.connectors.source import Receipt
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.signals import FileDone, Signals, SourceFailed, SourceStarted
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.source import accepted


class Watched:
    """A source over a folder of its own, with what it told."""

    def __init__(self, folder, clock=None, **settings):
        self.folder = folder
        self.told = []
        self.changed = asyncio.Event()
        signals = Signals()
        signals.listen(self._hear)
        chosen = FileSettings(folder="in", **{"settled_seconds": 0, "poll_seconds": 0.05} | settings)
        self.source = FileSource("till/sale", folder, chosen, clock or SystemClock(), signals)

    def _hear(self, signal):
        self.told.append(signal)
        self.changed.set()

    def heard(self, kind):
        return [signal for signal in self.told if isinstance(signal, kind)]

    async def pump(self, until, judge=accepted):
        """Settle what comes until ``until()`` holds; return the arrivals."""
        arrivals = []

        async def read():
            async with aclosing(self.source.batches()) as batches:
                async for batch in batches:
                    arrivals.extend(batch.arrivals)
                    await self.source.settle(batch, judge(batch))

        reader = asyncio.create_task(read())
        async with asyncio.timeout(20):
            while not until():
                self.changed.clear()
                await self.changed.wait()
        await self.source.close()
        await reader
        return arrivals

    def files(self):
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()
        )


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    return path


async def test_a_missing_folder_is_made(tmp_path):
    """The folder and the two that files go to are there once the source has started."""
    watched = Watched(tmp_path / "new" / "in")
    await watched.pump(lambda: watched.heard(SourceStarted))
    assert {path.name for path in (tmp_path / "new" / "in").iterdir()} == {"done", "failed"}


async def test_a_file_is_told_with_its_counts(folder):
    """A finished file is told with its rows and the refused ones, which are listed beside it."""
    (folder / "a.csv").write_bytes(b"a,b\n1,2\n3\n4,5\n")
    watched = Watched(folder)
    await watched.pump(lambda: watched.heard(FileDone))
    assert watched.heard(FileDone) == [FileDone("till/sale", "a.csv", rows=3, refused=1)]
    assert watched.files() == ["done/a.csv", "done/a.csv.faults.jsonl"]
    assert (folder / "done/a.csv.faults.jsonl").read_text() == (
        '{"place":"a.csv line 3","reasons":["the row has 1 cells, the header has 2"]}\n'
    )


async def test_a_file_without_records_is_done(folder):
    """An empty file and a header alone have nothing to wait for."""
    (folder / "a.csv").write_bytes(b"")
    (folder / "b.csv").write_bytes(b"a,b\n")
    watched = Watched(folder)
    assert await watched.pump(lambda: len(watched.heard(FileDone)) == 2) == []
    assert watched.files() == ["done/a.csv", "done/b.csv"]


async def test_an_unreadable_file_does_not_hold_up_the_others(folder):
    """What cannot be read goes to failed with its reason; the next file is read."""
    (folder / "a.csv.gz").write_bytes(b"not gzip")
    (folder / "b.dat").write_bytes(b"what is it")
    (folder / "c.csv").write_bytes(b"a\n1\n")
    watched = Watched(folder)
    arrivals = await watched.pump(lambda: watched.heard(FileDone))
    assert [arrival.fields for arrival in arrivals] == [{"a": "1"}]
    assert watched.files() == [
        "done/c.csv",
        "failed/a.csv.gz",
        "failed/a.csv.gz.reason.txt",
        "failed/b.dat",
        "failed/b.dat.reason.txt",
    ]
    assert [signal.detail.split(":")[0] for signal in watched.heard(SourceFailed)] == ["a.csv.gz", "b.dat"]


async def test_a_file_stays_until_its_last_row_is_settled(folder):
    """Read to its end but with a batch unsettled, a file is not moved."""
    (folder / "a.jsonl").write_bytes(b"{}\n" * 5)
    watched = Watched(folder, batch_rows=2)
    async with asyncio.timeout(20), aclosing(watched.source.batches()) as batches:
        read = [await anext(batches) for _ in range(3)]
        for batch in read[:2]:
            await watched.source.settle(batch, accepted(batch))
        assert watched.files() == ["a.jsonl"]
        await watched.source.settle(read[2], accepted(read[2]))
        assert watched.files() == ["done/a.jsonl"]
    await watched.source.close()


async def test_the_same_export_packed_again_has_the_same_identities(folder):
    """Sent again, packed and under another name, every row is known."""
    data = b"a\n1\n1\n2\n"
    (folder / "monday.csv").write_bytes(data)
    (folder / "again.csv.gz").write_bytes(gzip.compress(data))
    watched = Watched(folder)
    arrivals = await watched.pump(lambda: len(watched.heard(FileDone)) == 2)
    assert len(arrivals) == 6
    assert len({arrival.identity for arrival in arrivals}) == 3


async def test_a_file_still_being_written_is_left_alone(folder):
    """Nothing is read before the clock says that the file has stood still for long enough."""
    clock = ManualClock()
    (folder / "a.csv").write_bytes(b"a\n1\n")
    watched = Watched(folder, clock, settled_seconds=2, poll_seconds=100)
    pumped = asyncio.create_task(watched.pump(lambda: watched.heard(FileDone)))
    start = clock.now()
    async with asyncio.timeout(20):
        while clock.next_wake is None:
            await asyncio.to_thread(os.stat, folder)
        assert clock.next_wake == start + 2_000_000
        clock.advance(1.9)
        assert watched.files() == ["a.csv"]
        while not pumped.done():
            clock.advance(0.2)
            await asyncio.to_thread(os.stat, folder)
    assert [arrival.fields for arrival in await pumped] == [{"a": "1"}]


async def test_a_file_that_changes_while_it_is_read_is_read_again(folder):
    """Changed between two batches, a file is not done; it comes whole once it has settled."""
    path = folder / "a.csv"
    path.write_bytes(b"a\n" + b"1\n" * 300_000)
    watched = Watched(folder)
    changed = []

    def judge(batch):
        if not changed:
            with path.open("ab") as more:
                changed.append(more.write(b"2\n"))
        return accepted(batch)

    arrivals = await watched.pump(lambda: watched.heard(FileDone), judge)
    assert watched.heard(FileDone) == [FileDone("till/sale", "a.csv", rows=300_001, refused=0)]
    assert arrivals[-1].fields == {"a": "2"}
    assert len({arrival.identity.split(":")[0] for arrival in arrivals}) == 2


async def test_closing_in_the_middle_of_a_large_file_is_prompt(folder):
    """Closed while it reads, the source lets go of the file and ends; the file stays."""
    (folder / "a.jsonl").write_bytes(b"{}\n" * 200_000)
    watched = Watched(folder)
    async with asyncio.timeout(20), aclosing(watched.source.batches()) as batches:
        batch = await anext(batches)
        assert len(batch.arrivals) == 1_000
        await watched.source.close()
        left = [batch async for batch in batches]
    assert left == []
    assert watched.files() == ["a.jsonl"]


async def test_many_refusals_are_listed_within_bounds(folder):
    """Of very many refused rows the first are listed, and how many more there were."""
    (folder / "a.jsonl").write_bytes(b"{}\n" * (REFUSALS_LISTED + 5))
    watched = Watched(folder)

    def refuse(batch):
        return [Receipt("refused", reasons=("no price",)) for _ in batch.arrivals]

    await watched.pump(lambda: watched.heard(FileDone), refuse)
    lines = (folder / "done/a.jsonl.faults.jsonl").read_text().splitlines()
    assert len(lines) == REFUSALS_LISTED + 1
    assert lines[-1] == '{"more":5}'
    assert watched.heard(FileDone)[0].refused == REFUSALS_LISTED + 5


async def test_a_file_that_cannot_be_moved_is_told_and_not_read_in_circles(folder):
    """Where done cannot take it, a person is told once; its rows are not read over and over."""
    (folder / "done").write_bytes(b"not a folder")
    (folder / "failed").mkdir()
    (folder / "a.csv").write_bytes(b"a\n1\n")
    watched = Watched(folder, pattern="*.csv")
    watched.source._ready.set()  # the obstacle came after the start
    arrivals = await watched.pump(lambda: watched.heard(SourceFailed))
    assert len(arrivals) == 1
    assert "move it by hand" in watched.heard(SourceFailed)[0].detail
    assert watched.files() == ["a.csv", "done"]


async def test_a_folder_that_is_away_is_told_once_and_used_when_it_is_back(folder, tmp_path):
    """A share that is not mounted is one signal however often it is looked for, and then read."""
    watched = Watched(tmp_path / "share")
    looks = []
    look = watched.source._folder.look

    def away_at_first():
        looks.append(1)
        if len(looks) <= 3:
            raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN))
        (tmp_path / "share" / "a.csv").write_bytes(b"a\n1\n")
        watched.source._folder.look = look
        return look()

    watched.source._folder.look = away_at_first
    await watched.pump(lambda: watched.heard(FileDone))
    assert len(watched.heard(SourceFailed)) == 1


async def test_a_file_the_disk_fails_on_is_tried_again(folder, monkeypatch):
    """An error of the disk is told and the file stays where it is, to be read at the next look."""
    (folder / "a.csv").write_bytes(b"a\n1\n")
    watched = Watched(folder)
    opens = os.open

    def fails_once(path, *rest):
        if str(path).endswith("a.csv"):
            monkeypatch.setattr(os, "open", opens)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return opens(path, *rest)

    monkeypatch.setattr(os, "open", fails_once)
    await watched.pump(lambda: watched.heard(FileDone))
    [failed] = watched.heard(SourceFailed)
    assert "tried again" in failed.detail
    assert watched.heard(FileDone)[0].rows == 1


async def test_without_word_from_the_file_system_the_folder_is_still_looked_at(folder, monkeypatch):
    """Where changes cannot be watched, that is told, and the folder is polled."""
    import watchfiles

    def refuses(*_, **__):
        raise OSError(errno.ENOSPC, "no watches left")

    monkeypatch.setattr(watchfiles, "awatch", refuses)
    watched = Watched(folder)
    pumped = asyncio.create_task(watched.pump(lambda: watched.heard(FileDone)))
    async with asyncio.timeout(20):
        while not watched.heard(SourceFailed):
            await asyncio.to_thread(os.stat, folder)
    (folder / "a.csv").write_bytes(b"a\n1\n")
    assert len(await pumped) == 1
    assert "looked at every" in watched.heard(SourceFailed)[0].detail


async def test_the_file_system_wakes_the_source(folder):
    """A file is read when it comes, not at the next look: here that would be in a quarter of an hour."""
    watched = Watched(folder, poll_seconds=900)
    pumped = asyncio.create_task(watched.pump(lambda: watched.heard(FileDone)))
    async with asyncio.timeout(20):
        number = 0
        while not pumped.done():  # until the watch has begun, nobody is told of what comes
            number += 1
            await asyncio.to_thread((folder / f"{number:06}.csv").write_bytes, b"a\n1\n")
    assert await pumped


async def test_a_source_closed_by_another_task_ends_its_watch(folder):
    """Closed while its reader is busy with a batch, nothing of it runs on."""
    (folder / "a.jsonl").write_bytes(b"{}\n" * 3_000)
    watched = Watched(folder)
    async with asyncio.timeout(20), aclosing(watched.source.batches()) as batches:
        await anext(batches)
        await watched.source.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
