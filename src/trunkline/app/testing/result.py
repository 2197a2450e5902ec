"""What a contract test comes to, as values: the same for a terminal, for JSON and for JUnit."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import msgspec

Side: TypeAlias = Literal["producer", "consumer", "openapi"]
"""Who is tested: what comes against a contract, a flow's mapping, or a target's published interface."""

Outcome: TypeAlias = Literal["passed", "failed", "skipped"]

SIDES: tuple[Side, ...] = get_args(Side)


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way in which a case fails.

    ``kind`` is its short class, ``pointer`` the place in the record (RFC 6901; ``-`` is any item) or in the
    OpenAPI file, ``reason`` a sentence without a value of any record, ``count`` how many records show it and
    ``example`` one of them. ``place`` is where that stands; ``first`` and ``last`` (RFC 3339) are when it was
    seen, from which ``sources``. ``expression`` is what a mapping says of the field.
    """

    kind: str
    pointer: str = ""
    reason: str = ""
    count: int = 1
    example: Any = None
    place: str = ""
    first: str = ""
    last: str = ""
    sources: tuple[str, ...] = ()
    expression: str = ""

    def __str__(self) -> str:
        where = f"{self.pointer}: " if self.pointer else ""
        of = f" [{self.expression}]" if self.expression else ""
        return f"{where}{self.reason}{of}"


class Result(msgspec.Struct, frozen=True):
    """What came of one case.

    ``looked_at`` are the records, documents or operations it looked at, ``faulty`` those that fail.
    ``summary`` says it in a line; of one that is skipped it is the reason. ``seconds`` is how long it took.
    """

    side: Side
    name: str
    outcome: Outcome
    summary: str
    looked_at: int = 0
    faulty: int = 0
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0


def skipped(side: Side, name: str, reason: str) -> Result:
    """Return the result of a case that could not be tested."""
    return Result(side, name, "skipped", reason)
