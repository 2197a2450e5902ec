"""The port of a target: where a system accepts data.

``trunkline.testkit.target`` is the suite that every target passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.tracing import attempt_span


class Features(msgspec.Struct, frozen=True):
    """What a target promises; delivery chooses its way by this and never by the target's class."""

    atomic: bool
    """A batch takes effect as a whole with the flow's progress, or not at all: effects are exactly once."""

    batch: int
    """The most items it takes in one call."""

    concurrency: int
    """How many calls it takes at a time; items of one entity key are never under way together."""


class Item(msgspec.Struct, frozen=True, gc=False):
    """One mapped record on its way.

    ``subject`` is the entity key that order is kept by. ``idempotency_key`` is the same on every
    attempt and after every restart. ``attempt`` counts from 1. ``record`` holds exact values: ``int``
    and ``Decimal``, never binary floats made from the sender's decimals. ``correlation`` is the trace it is
    sent in and ``parent`` what that trace carries besides: see ``kernel.tracing``.
    """

    offset: int
    subject: str
    idempotency_key: str
    correlation: str
    attempt: int
    record: dict[str, Any]
    parent: str = ""

    @property
    def span(self) -> str:
        """The id of the span of this attempt, which the target is told."""
        return attempt_span(self.correlation, self.idempotency_key, self.attempt)


class Progress(msgspec.Struct, frozen=True):
    """How far a flow is, kept in an atomic target's own transaction.

    Everything below ``cursor`` is settled, but for what the ledger still holds back; ``applied`` are the
    offsets of held-back items below the cursor that took effect since. ``last_event`` is a fingerprint of
    the event just below the cursor, by which another log is told from the one that was delivered; empty
    where it is not known. It stands for the cursor it came with: a target keeps and moves both as one.
    """

    flow: str
    cursor: int
    applied: tuple[int, ...] = ()
    last_event: str = ""


class Response(msgspec.Struct, frozen=True, gc=False):
    """What a target answered to an item that took effect.

    Names of ``headers`` are in any case. A body of which not all was read is not ``is_whole``, and of no use.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool = True


class Target(Protocol):
    """A place that data is delivered to."""

    name: str
    features: Features

    async def open(self) -> None:
        """Connect and check that the place can take what the contract says.

        Raises ``Retryable`` where it is away, ``Final`` where it does not fit (saying how).
        """

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Try to give ``items`` effect, in their order; return for each None or what was wrong with it.

        Raises ``DeliveryError`` where no item is to blame (the place is away, refuses us, is full):
        then nothing took effect as far as we know. An atomic target that blames any item has applied
        nothing of the call; the caller records what was blamed and calls again without it. It stores
        ``progress`` (``applied`` added to what it has) in the same transaction as the effects.
        """

    async def progress(self, flow: str) -> Progress | None:
        """Return what an atomic target has stored for ``flow``; None where it has nothing."""

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Drop ``applied`` marks that the ledger has taken over."""

    async def close(self) -> None:
        """Release connections; calls under way finish first."""


class Around:
    """A ``Target`` around another, which does as that does: for those that do one thing otherwise."""

    def __init__(self, target: Target) -> None:
        self.name = target.name
        self.features = target.features
        self._target = target

    async def open(self) -> None:
        """Open the target; raises what that raises."""
        await self._target.open()

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Deliver."""
        return await self._target.deliver(items, progress)

    async def progress(self, flow: str) -> Progress | None:
        """Return what the target has stored."""
        return await self._target.progress(flow)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Have the target forget."""
        await self._target.forget(flow, applied)

    async def close(self) -> None:
        """Close the target."""
        await self._target.close()


class AskedTarget(Target, Protocol):
    """A target whose answers are of use to whoever caused the delivery."""

    async def ask(self, item: Item) -> Response | DeliveryError:
        """Do as ``deliver`` does with one item, and return the response of one that took effect."""
