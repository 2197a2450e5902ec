"""Contracts and subjects for tests of the registry."""

from __future__ import annotations

from tests.contract_files import odcs, prop

from trunkline.contracts.contract import load
from trunkline.contracts.registry.content import candidate_of, contract_digest
from trunkline.contracts.registry.version import Content, Entry, subject_of

ID = prop("id", "string", primaryKey=True)
TOTAL = prop("total", "integer", required=True)
LOOSE = prop("total", "integer")
WIDE = prop("total", "number")
"""Each takes what the one above takes, and more: a compatible change by every policy."""

NOTE = prop("note", "string")

AT = 1_767_225_600_000_000


def contract(version, *properties, status="active", custom=None, **top):
    """Load a version of the contract ``thing`` with these properties besides its key."""
    return load(odcs([ID, *properties], custom, version=version, status=status, **top), "thing.odcs.yaml")


def registration(number, one, **more):
    """Return a contract's registration as its subject's act of that number."""
    said = Content(kind="odcs", text=one.origin.text, digest=contract_digest(one), id=number)
    given = {"version": str(candidate_of(one).version), "at": AT + number, "by": "ann", "why": "first"} | more
    return Entry(number=number, act="register", content=said, **given)


def subject(*contracts, **more):
    """Return a subject with these contracts registered in their order."""
    return subject_of("thing", [registration(n, one, **more) for n, one in enumerate(contracts, 1)])
