"""Real databases for the tests of table targets, behind one face: what a test asks of either engine."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import apsw
import pytest
from tests.postgres import PostgresServer

from trunkline.adapters.sql.postgres import PostgresTable
from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.adapters.sql.table import TableSettings
from trunkline.connectors.target import Item, Progress, Target
from trunkline.contracts.contract import Contract, load
from trunkline.vault.secret import Secret

FLOW = "stock-to-table"
_schemas = itertools.count(1)


class Place(Protocol):
    """A database that is empty at first."""

    engine: str
    decimal_type: str
    """The column type that holds exact decimals."""

    def target(self, contract: Contract, **settings: Any) -> Target:
        """Return a target for a table here; what is not said in ``settings`` is quick to give up."""

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL beside the target and return what it answers."""

    def locked(self, table: str) -> contextlib.AbstractContextManager[None]:
        """Hold a lock that keeps others from writing to ``table``."""


class SqlitePlace:
    engine = "sqlite"
    decimal_type = "TEXT"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "target.db"

    def target(self, contract: Contract, **settings: Any) -> Target:
        return SqliteTable("stock", self.path, _settings(settings), contract)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(5_000)
        try:
            return list(connection.execute(sql))
        finally:
            connection.close()

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[None]:
        connection = apsw.Connection(str(self.path))
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.close()


class PostgresPlace:
    engine = "postgres"
    decimal_type = "numeric"

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.database = f"place_{next(_schemas)}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {self.database}".encode())

    @property
    def url(self) -> str:
        return self.server.url.rpartition("/")[0] + f"/{self.database}"

    def target(self, contract: Contract, **settings: Any) -> Target:
        secret = Secret(self.server.password)
        return PostgresTable("stock", self.url, secret, _settings(settings), contract)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server.connect(self.database) as connection:
            answer = connection.execute(sql.encode())
            return list(answer.fetchall()) if answer.description else []

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[None]:
        with self.server.connect(self.database) as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {table}".encode())
            yield

    def remove(self) -> None:
        with self.server.connect() as connection:
            connection.execute(f"DROP DATABASE {self.database} WITH (FORCE)".encode())


def _settings(given: dict[str, Any]) -> TableSettings:
    return TableSettings(**{"table": "stock", "lock_seconds": 0.2, "timeout_seconds": 10.0, **given})


def contract(*fields: str, key: Sequence[str] = ("sku",)) -> Contract:
    """Return a contract of fields such as ``sku string!``: ``!`` is required, ``-`` any kind."""
    lines = [
        "apiVersion: v3.0.2",
        "kind: DataContract",
        "id: stock",
        "name: stock",
        "version: 1.0.0",
        "status: active",
        "schema:",
        "  - name: stock",
        "    properties:",
    ]
    for field in fields:
        name, kind, *options = field.split(maxsplit=2)
        lines.append(f'      - name: "{name}"')
        if kind != "-":
            lines.append(f"        logicalType: {kind.rstrip('!')}")
        if kind.endswith("!"):
            lines.append("        required: true")
        if name in key:
            lines += ["        primaryKey: true", f"        primaryKeyPosition: {list(key).index(name) + 1}"]
        lines += [f"        {option}" for option in options]
    return load("\n".join(lines), "stock.odcs.yaml")


STOCK = contract("sku string!", "quantity integer", "price number", "changed timestamp")


def items(*records: dict[str, Any], first: int = 0) -> list[Item]:
    """Return items of consecutive offsets."""
    return [
        Item(offset, str(record.get("sku")), f"{FLOW}:{offset}", f"{offset:032x}", 1, record)
        for offset, record in enumerate(records, first)
    ]


def at(cursor: int, *applied: int) -> Progress:
    """Return the progress of the tests' flow; its last event is named after the cursor."""
    return Progress(FLOW, cursor, applied, f"event {cursor - 1}")


@contextlib.asynccontextmanager
async def opened(target: Target):
    """Open a target for the length of a block."""
    await target.open()
    try:
        yield target
    finally:
        await target.close()


def exact(value: Any) -> Decimal:
    """Read a stored decimal of either engine."""
    assert not isinstance(value, float), "a decimal was stored as a binary float"
    return Decimal(value)


@pytest.fixture(params=["sqlite", "postgres"])
def sql_place(request, tmp_path):
    """Give a database of each engine in turn, empty at first."""
    if request.param == "sqlite":
        yield SqlitePlace(tmp_path)
        return
    made = PostgresPlace(request.getfixturevalue("postgres"))
    yield made
    made.remove()
