"""The port of a source that we pull from, and what an arrival is on its way to being an event.

A pull source (watched folder, poll, broker) hands over batches and learns when each is durable; only
then may it move its file, commit its cursor or acknowledge its message. A push source (webhook) calls
intake with the same ``Arrival`` values and answers its caller with the receipts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

import msgspec


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One record as it came, before any check.

    ``raw`` is what arrived, byte for byte (a JSON text, or a line of a file). ``fields`` is set by a
    source of named texts, such as CSV: the contract gives them their types. ``place`` says where it
    came from (``till.csv line 17``). ``identity`` is the idempotency key if the source knows one;
    otherwise the contract's field gives it. ``time`` is when it happened in microseconds, if known.
    ``fault`` says why the source itself could not read it; such an arrival goes to quarantine.
    ``correlation`` and ``parent`` are the trace and the span it was sent in, if any: see ``kernel.tracing``.
    """

    raw: bytes
    place: str = ""
    identity: str = ""
    fields: dict[str, str] | None = None
    type: str = ""
    time: int | None = None
    correlation: str = ""
    fault: str = ""
    parent: str = ""


class Receipt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What became of one arrival: accepted, a duplicate of an earlier one, or refused and why.

    ``reasons`` never repeat a value of the record.
    """

    status: Literal["accepted", "duplicate", "refused"]
    id: str = ""
    offset: int = -1
    correlation: str = ""
    reasons: tuple[str, ...] = ()


class Batch(msgspec.Struct, frozen=True):
    """Arrivals that a source hands over together; ``token`` is the source's own note to find them again."""

    arrivals: Sequence[Arrival]
    token: object = None


class Source(Protocol):
    """A place that data is pulled from.

    Intake reads ``batches`` and calls ``settle`` for each of them in order, after everything in it is
    durable. A batch that was not settled comes again after a restart, with the same identities.
    """

    name: str

    def batches(self) -> AsyncIterator[Batch]:
        """Yield batches as they come, for ever, until cancelled or closed."""

    async def settle(self, batch: Batch, receipts: Sequence[Receipt]) -> None:
        """Learn that ``batch`` is durable: acknowledge it where it came from."""

    async def close(self) -> None:
        """Stop watching and release what is open; unsettled batches stay where they came from."""
