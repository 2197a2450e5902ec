"""Recorded records out of a log and out of files."""

from __future__ import annotations

import gzip

import pytest
from tests.contract_files import contract_of, prop

from trunkline.app.testing.records import of_files, of_log
from trunkline.eventlog.memory import MemoryLog
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import UsageError
from trunkline.kernel.event import Event
from trunkline.testkit.clock import ManualClock

THING = contract_of(prop("id", "string", required=True), prop("n", "integer"))


def event(number, at):
    data = b'{"id": "%d"}' % number
    return Event(str(number), "shop/thing", "thing", "", at, at, "thing@1.0.0", "0" * 32, data)


@pytest.fixture
async def log():
    log = MemoryLog(ManualClock())
    for number in range(10):
        await log.append("thing@1", [event(number, (number + 1) * SECOND)])
    return log


async def ids(log, last, since):
    return [one.record["id"] async for one in of_log(log, "thing@1", THING, last, since)]


# The latest events come, oldest first, with their source, their place and when they were accepted.
async def test_the_last_events(log):
    assert await ids(log, 3, 0) == ["7", "8", "9"]
    [last] = [one async for one in of_log(log, "thing@1", THING, 1, 0)]
    assert (last.source, last.place, last.wrong) == ("shop/thing", "thing@1 offset 9", ())
    assert last.at > 0


# Only what was accepted since then comes, and never more than the last so many.
@pytest.mark.parametrize("since", range(12))
async def test_since(log, since):
    all_of_them = [one async for one in of_log(log, "thing@1", THING, 100, 0)]
    at = all_of_them[min(since, 9)].at + (since > 9)
    wanted = [one.record["id"] for one in all_of_them if one.at >= at]
    assert await ids(log, 100, at) == wanted
    assert await ids(log, 2, at) == wanted[-2:]


# A stream that nothing came to has no records.
async def test_nothing():
    assert [one async for one in of_log(MemoryLog(ManualClock()), "thing@1", THING, 10, 0)] == []


# JSON, JSON Lines and CSV files are read, packed ones too, with the place of every record.
def test_files(tmp_path):
    (tmp_path / "a.json").write_text('[{"id": "1"}, {"id": 2}]')
    (tmp_path / "b.jsonl").write_text('{"id": "3"}\nnot json\n')
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"id,n\n4,5\n5,x\n"))
    found = list(of_files([tmp_path / name for name in ("a.json", "b.jsonl", "c.csv.gz")], THING))
    assert [(one.record or {}).get("id") for one in found] == ["1", 2, "3", None, "4", "5"]
    rules = [[one.rule for one in each.wrong] for each in found]
    assert rules == [[], ["type"], [], ["unreadable"], [], ["type"]]
    assert found[4].record == {"id": "4", "n": 5}
    assert [one.place for one in found[2:]] == [
        "b.jsonl line 1",
        "b.jsonl line 2",
        "c.csv.gz line 2",
        "c.csv.gz line 3",
    ]


# A file that is not there, or does not say what it holds, is named.
@pytest.mark.parametrize("name", ["absent.json", "what.txt"])
def test_a_file_that_cannot_be_read(tmp_path, name):
    (tmp_path / "what.txt").write_text("x")
    with pytest.raises(UsageError, match=name):
        list(of_files([tmp_path / name], THING))
