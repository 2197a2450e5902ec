"""From a database's address to a target for one of its tables: what the app calls to build a table target."""

from __future__ import annotations

from pathlib import Path

from trunkline.adapters.sql.postgres import PostgresTable
from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.connectors.target import Target
from trunkline.contracts.contract import Contract
from trunkline.kernel.errors import Final
from trunkline.vault.secret import Secret

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def table_target(
    name: str,
    url: str,
    settings: TableSettings,
    contract: Contract,
    *,
    password: Secret | None = None,
    folder: Path = Path(),
) -> Target:
    """Return a target for a table, not opened yet; raises ``Final`` for an address of no known database.

    ``sqlite:///data/stock.db`` is a file below ``folder``, ``sqlite:////var/data/stock.db`` one anywhere;
    ``postgresql://user@host:port/database`` is libpq's form, without a password.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteTable(name, folder / url.removeprefix(_SQLITE), settings, contract)
    if url.startswith(_POSTGRES):
        return PostgresTable(name, url, password, settings, contract)
    raise Final("settings", "not a database; expected sqlite:///file or postgresql://user@host:port/database")
