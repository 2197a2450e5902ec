"""What only an SQLite file can do to a target: be locked, damaged, replaced, read-only, or full."""

from __future__ import annotations

import apsw
import pytest
from tests.sql_places import STOCK, SqlitePlace, at, items, opened

from trunkline.kernel.errors import Final, Retryable


@pytest.fixture
def place(tmp_path):
    return SqlitePlace(tmp_path)


async def test_commits_are_durable_and_readers_are_not_kept_waiting(place):
    """The file is in WAL mode, where others read while we write."""
    async with opened(place.target(STOCK)) as target:
        reader = apsw.Connection(str(place.path))
        reader.execute("BEGIN; SELECT * FROM stock")
        assert await target.deliver(items({"sku": "a"}), at(1)) == [None]
        assert list(reader.execute("SELECT * FROM stock")) == []
        reader.close()
    assert place.ask("PRAGMA journal_mode") == [("wal",)]


async def test_a_file_that_was_replaced_is_noticed_before_anything_is_lost(place):
    """SQLite would write on into a deleted file; the target says so once, then opens what is there."""
    async with opened(place.target(STOCK)) as target:
        await target.deliver(items({"sku": "a"}), at(1))
        place.path.rename(place.path.with_suffix(".old"))
        with pytest.raises(Retryable, match="replaced or removed"):
            await target.deliver(items({"sku": "b"}, first=1), at(2))
        assert await target.progress(at(0).flow) is None
        assert place.path.exists()


async def test_a_damaged_file_is_final(place):
    """What is no SQLite file needs a person; it is not touched."""
    place.path.write_bytes(b"no database" * 1000)
    with pytest.raises(Final) as caught:
        await place.target(STOCK).open()
    assert caught.value.kind == "damaged"
    assert place.path.read_bytes() == b"no database" * 1000


async def test_a_full_disk_is_retried_and_loses_nothing(place):
    """With no room left the call fails as a whole and may be tried again."""
    async with opened(place.target(STOCK)) as target:
        file = target._file
        pages = file._connection.pragma("page_count")
        file._connection.pragma("max_page_count", pages)
        big = items(*({"sku": f"{number:0500}"} for number in range(200)))
        with pytest.raises(Retryable) as caught:
            await target.deliver(big, at(200))
        assert caught.value.kind == "full"
        assert await target.deliver(big, at(200)) == [None] * 200


async def test_a_schema_is_refused_with_what_to_write(place):
    """SQLite has no schemas, and a dotted name is not taken for one."""
    with pytest.raises(Final, match="SQLite has no schemas"):
        await place.target(STOCK, table="sales.stock").open()


async def test_a_missing_folder_is_retried(tmp_path):
    """A folder that is not there may be a mount that comes back."""
    target = SqlitePlace(tmp_path / "not-mounted").target(STOCK)
    with pytest.raises(Retryable) as caught:
        await target.open()
    assert caught.value.kind == "unreachable"
    await target.close()
