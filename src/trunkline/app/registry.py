"""The kinds of source and target there are: what ``via`` may say, and whose settings go with it.

This is the one place that knows every kind; a new connector is one more line here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from trunkline.adapters.files.settings import FileSettings
from trunkline.adapters.http.settings import HttpSettings
from trunkline.adapters.sql.settings import TableSettings
from trunkline.intake.webhook import WebhookSettings


class Kind(msgspec.Struct, frozen=True):
    """One kind of source or target: the settings of an entry, those of its system's ``connection``,
    and where in both a credential may stand (``*`` for any key or position)."""

    settings: type[msgspec.Struct]
    connection: type[msgspec.Struct] | None = None
    secrets: tuple[tuple[str, ...], ...] = ()


SOURCES: Mapping[str, Kind] = {
    "webhook": Kind(WebhookSettings, secrets=(("verify", "*"), ("verify", "*", "secret"), ("verify", "*", "secret", "*"))),
    "files": Kind(FileSettings),
}

TARGETS: Mapping[str, Kind] = {
    "http": Kind(HttpSettings),
    "table": Kind(TableSettings),
}
