"""The kinds of source and target there are: what ``via`` may say, and whose settings go with it.

This is the one place that knows every kind; a new connector is one more line here and one builder in
``trunkline.app.connectors``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trunkline.adapters.files.settings import FileSettings
from trunkline.adapters.http.answer import KINDS as HTTP_KINDS
from trunkline.adapters.http.request import compile_request
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.sql.blame import KINDS as TABLE_KINDS
from trunkline.adapters.sql.table import TableSettings, settings_faults
from trunkline.app.fitting import strangers
from trunkline.connectors.mapping import compile_mapping
from trunkline.contracts.contract import Contract
from trunkline.intake import signatures
from trunkline.intake.asking import AskingSettings
from trunkline.intake.webhook import WebhookSettings
from trunkline.vault.secret import SecretReference

RESERVED_PATHS = ("/health", "/ready", "/docs", "/registry", "/api", "/control", "/metrics")
"""What the door answers itself, with all that is below it."""


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


def _once(_settings: Any) -> str:
    return ""


def _webhook_misfits(settings: WebhookSettings, _contract: Contract) -> list[str]:
    if f"{settings.path}/".startswith(tuple(f"{path}/" for path in RESERVED_PATHS)):
        return [f"path: the door answers {settings.path} itself: choose another"]
    try:
        signatures.read(settings.verify)
    except ValueError as error:
        return [f"verify: {error}"]
    return []


def _request_misfits(settings: HttpSettings, contract: Contract) -> list[str]:
    read = {"request": compile_request(settings.request).reads}
    if isinstance(settings.body, dict):
        read["body"] = compile_mapping(settings.body).reads
    return [
        f'{key}: it reads "{path}", which is no field of {contract.ref}; {hint}'.rstrip("; ")
        for key, paths in read.items()
        for path, hint in strangers(paths, contract)
    ]


def _request_repeats(settings: HttpSettings) -> str:
    method = compile_request(settings.request).method
    is_idempotent = method not in ("POST", "PATCH") if settings.idempotent is None else settings.idempotent
    return "" if is_idempotent else f"a {method} that is repeated may take effect twice"


def _request_adds(settings: HttpSettings) -> str:
    method = compile_request(settings.request).method
    return "" if method == "PUT" else f"a {method} need not replace what is there"


def _table_adds(settings: TableSettings) -> str:
    if settings.mode != "upsert":
        return f"mode {settings.mode} replaces no row"
    if settings.sum:
        return f"{settings.sum[0]} is added to, so every event counts"
    return "" if settings.version else "without a version an older state would replace a newer one"


def _table_counts_again(settings: TableSettings) -> str:
    if settings.sum:
        return f"it keeps no idempotency keys, and {settings.sum[0]} would be added once more"
    if settings.mode == "insert":
        return "it keeps no idempotency keys, and each row would be inserted once more"
    return ""


def _adds(_settings: Any) -> str:
    return "it need not replace what is there"


class Kind(msgspec.Struct, frozen=True):
    """One kind of source or target: the settings of an entry, and those of its system's ``connection``.

    ``misfits`` tells what of the settings makes no sense or does not fit the contract of the records, each
    after the name of its key. ``repeats`` tells why an event may take effect more than once in a target, or
    nothing where each has its effect once; ``adds`` why a newer record does not simply take the place of an
    older one of its key, or nothing where it does. ``blames`` are the kinds of error events are blamed for.
    ``replies`` says that the senders of a source wait for an answer, or that a target gives one.
    ``counts_again`` tells why what a target took counts once more in a replay under the original identity,
    or nothing where it does not.
    """

    settings: type[msgspec.Struct]
    connection: type[msgspec.Struct] = NoConnection
    misfits: Callable[[Any, Contract], list[str]] = _fits
    repeats: Callable[[Any], str] = _once
    adds: Callable[[Any], str] = _adds
    blames: frozenset[str] = frozenset()
    replies: bool = False
    counts_again: Callable[[Any], str] = _once


SOURCES: Mapping[str, Kind] = {
    "webhook": Kind(WebhookSettings, misfits=_webhook_misfits),
    "request": Kind(AskingSettings, misfits=_webhook_misfits, replies=True),
    "files": Kind(FileSettings),
}

TARGETS: Mapping[str, Kind] = {
    "http": Kind(
        HttpSettings, HttpConnection, _request_misfits, _request_repeats, _request_adds, HTTP_KINDS, True
    ),
    "table": Kind(
        TableSettings,
        TableConnection,
        settings_faults,
        adds=_table_adds,
        blames=TABLE_KINDS,
        counts_again=_table_counts_again,
    ),
}
