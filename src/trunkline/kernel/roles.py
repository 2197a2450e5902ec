"""What a process of a project may be: every role at once, which is the default, or one of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

Role: TypeAlias = Literal["intake", "delivery"]
"""``intake`` appends to the log and keeps the quarantine; ``delivery`` runs flows and keeps the ledger."""

ROLES: tuple[Role, ...] = ("intake", "delivery")
"""Every role; each is held by at most one process of a project."""
