"""An address says which database it is."""

from __future__ import annotations

import pytest
from tests.sql_places import STOCK, items

from trunkline.adapters.sql.connect import table_target
from trunkline.adapters.sql.postgres import PostgresTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.kernel.errors import Final

SETTINGS = TableSettings(table="stock")


async def test_a_sqlite_file_lies_below_the_project_or_anywhere(tmp_path):
    """Three slashes are a file of the project, four one anywhere."""
    for url in ("sqlite:///near.db", f"sqlite:///{tmp_path}/far.db"):
        target = table_target("stock", url, SETTINGS, STOCK, folder=tmp_path)
        assert await target.deliver(items({"sku": "a"}), None) == [None]
        await target.close()
    assert {path.name for path in tmp_path.glob("*.db")} == {"near.db", "far.db"}


def test_a_postgresql_address_is_taken_unopened():
    """Building a target touches no network."""
    assert isinstance(table_target("stock", "postgresql://u@nowhere/db", SETTINGS, STOCK), PostgresTable)


@pytest.mark.parametrize("url", ["mysql://u@h/db", "sqlite:///", "stock.db", ""])
def test_another_address_is_told_what_was_expected(url):
    """An address of no known database is final, with the forms that are known."""
    with pytest.raises(Final, match="expected sqlite:///file or postgresql://"):
        table_target("stock", url, SETTINGS, STOCK)
