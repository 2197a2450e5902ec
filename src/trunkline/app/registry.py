"""The kinds of source and target there are: what ``via`` may say, and whose settings go with it.

This is the one place that knows every kind; a new connector is one more line here and one builder in
``trunkline.app.connectors``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trunkline.adapters.files.settings import FileSettings
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.sql.table import TableSettings, settings_faults
from trunkline.contracts.contract import Contract
from trunkline.intake.webhook import WebhookSettings
from trunkline.vault.secret import SecretReference


class NoConnection(msgspec.Struct, frozen=True):
    """A source that others bring data to needs nothing of its system's ``connection``."""


class TableConnection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which database a system's tables are in: an SQLite file or a PostgreSQL server, one of the two."""

    sqlite: str = ""
    """The database's file, within the project folder or absolute; made where it is missing."""

    postgres: str = ""
    """The server's address without a password: ``postgresql://user@host/database``."""

    password: SecretReference | None = None
    """The server's password."""

    def __post_init__(self) -> None:
        if bool(self.sqlite) == bool(self.postgres):
            raise ValueError("a system with tables needs sqlite or postgres, one of the two")


def _fits(_settings: Any, _contract: Contract) -> list[str]:
    return []


class Kind(msgspec.Struct, frozen=True):
    """One kind of source or target: the settings of an entry, and those of its system's ``connection``.

    ``misfits`` tells what of the settings does not fit the contract of the records.
    """

    settings: type[msgspec.Struct]
    connection: type[msgspec.Struct] = NoConnection
    misfits: Callable[[Any, Contract], list[str]] = _fits


SOURCES: Mapping[str, Kind] = {
    "webhook": Kind(WebhookSettings),
    "files": Kind(FileSettings),
}

TARGETS: Mapping[str, Kind] = {
    "http": Kind(HttpSettings, HttpConnection),
    "table": Kind(TableSettings, TableConnection, settings_faults),
}
