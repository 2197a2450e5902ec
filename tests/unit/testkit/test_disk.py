"""SQLite works on a faulty disk as on any other, until it is told to fail; and every step is written down."""

from __future__ import annotations

import random

import apsw
import pytest

from trunkline.testkit.disk import Fault, FaultyDisk
from trunkline.testkit.platter import Mark, Synced, Written


@pytest.fixture
def disk(tmp_path):
    """Give a faulty disk with a table ``t`` in ``a.db``."""
    with FaultyDisk(tmp_path) as disk:
        connection = _connected(tmp_path)
        connection.execute("CREATE TABLE t (n)")
        yield disk
        disk.mend()
        connection.close()


def _connected(folder):
    connection = apsw.Connection(str(folder / "a.db"))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    return connection


def _numbers(folder):
    connection = apsw.Connection(str(folder / "a.db"))
    try:
        return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]
    finally:
        connection.close()


# A commit is on the disk after any cut that comes later, and the files themselves are what SQLite made them.
def test_a_commit_survives_a_cut(disk, tmp_path):
    connection = _connected(tmp_path)
    for n in range(5):
        connection.execute("INSERT INTO t VALUES (?)", (n,))
        disk.mark(n)
    assert _numbers(tmp_path) == list(range(5))
    connection.close()
    marks = [at for at, step in enumerate(disk.history, 1) if isinstance(step, Mark)]
    for at in marks:
        image = tmp_path / f"{at}"
        image.mkdir()
        disk.image(image, at, random.Random(at))
        told = disk.marks(at)
        assert _numbers(image)[: len(told)] == told


# A call that fails fails once, or from then on until the disk is mended, with the error of a real one.
@pytest.mark.parametrize(("error", "raised"), [("EIO", apsw.IOError), ("ENOSPC", apsw.FullError)])
def test_a_call_fails(disk, tmp_path, error, raised):
    connection = _connected(tmp_path)
    disk.fail(Fault(at=1, error="ENOSPC"))
    with pytest.raises(apsw.FullError):
        connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("INSERT INTO t VALUES (2)")
    disk.fail(Fault(at=1, error=error, lasting=True))
    for _ in range(2):
        with pytest.raises(raised):
            connection.execute("INSERT INTO t VALUES (3)")
    disk.mend()
    connection.execute("INSERT INTO t VALUES (4)")
    connection.close()
    assert _numbers(tmp_path) == [2, 4]


# A full disk still reads.
def test_a_full_disk_reads(disk, tmp_path):
    connection = _connected(tmp_path)
    disk.fail(Fault(at=1, error="ENOSPC", lasting=True))
    assert connection.execute("SELECT count(*) FROM t").get == 0
    connection.close()


# Files elsewhere are neither noted nor failed, and files that were there before are noted as they were.
def test_only_its_folder_is_its_own(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "elsewhere").mkdir()
    first = _connected(tmp_path / "there")
    first.execute("CREATE TABLE t (n); INSERT INTO t VALUES (7)")
    first.close()
    with FaultyDisk(tmp_path / "there") as disk:
        disk.fail(Fault(at=1, lasting=True))
        other = _connected(tmp_path / "elsewhere")
        other.execute("CREATE TABLE t (n)")
        other.close()
        assert (disk.calls, disk.history) == (0, [])
        disk.mend()
        assert _numbers(tmp_path / "there") == [7]
    assert [type(step) for step in disk.history[1:3]] == [Written, Synced]
    image = tmp_path / "image"
    image.mkdir()
    disk.image(image, len(disk.history), random.Random(1))
    assert _numbers(image) == [7]
