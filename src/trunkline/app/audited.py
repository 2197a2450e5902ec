"""The use-case that shows people who did what: acts as the audit keeps them, for who reads."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.kernel import json
from trunkline.kernel.clock import to_rfc3339
from trunkline.observe.audit import AuditEntry, AuditQuery, Outcome


class AuditView(msgspec.Struct, frozen=True):
    """An act as a person sees it: ``at`` is RFC 3339, ``about`` what was given; see ``observe.audit``."""

    number: int
    at: str
    by: str
    what: str
    about: dict[str, Any]
    why: str
    outcome: Outcome
    before: str
    after: str
    count: int
    failure: str


async def audited(backbone: Backbone, query: AuditQuery) -> list[AuditView]:
    """Return acts that match, the newest first."""
    return [_view(one) for one in await backbone.audit.list(query)]


def _view(entry: AuditEntry) -> AuditView:
    fields = msgspec.structs.asdict(entry)
    return AuditView(**fields | {"at": to_rfc3339(entry.at), "about": json.decode(entry.about.encode())})
