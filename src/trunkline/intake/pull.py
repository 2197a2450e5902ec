"""Drives a source that we pull from: read a batch, decide, store, settle; one after the other, overlapped.

The composition root runs one ``pump`` for each watched folder, poll and broker. While one batch waits
for its fsync the next is read and judged, so neither the processor nor the disk waits for the other. No
more than that one store is under way: two could finish out of order, and order per key would be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from trunkline.connectors.source import Batch, Source
from trunkline.intake.accept import Intake, Judged, Surroundings
from trunkline.kernel.errors import BusyError, StoreError
from trunkline.kernel.signals import SourceFailed

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0

_SLICE = 100


async def pump(source: Source, intake: Intake, around: Surroundings) -> None:
    """Move everything ``source`` yields into the log, until it ends or this task is cancelled.

    A batch is settled when all of it is durable, in order; one that could not be stored is tried again
    until it is, and nothing after it overtakes it. On cancellation the batch under way is either
    settled or comes again after a restart, where its identities make it a duplicate.
    """
    storing: asyncio.Task[None] | None = None
    try:
        async for batch in source.batches():
            judged = await _judge(batch, intake)
            if storing is not None:
                await storing
            storing = asyncio.create_task(_store_and_settle(source, batch, judged, intake, around))
        if storing is not None:
            await storing
    finally:
        if storing is not None and not storing.done():
            storing.cancel()
            await asyncio.wait([storing])


async def _judge(batch: Batch, intake: Intake) -> list[Judged]:
    """Judge a batch in slices, letting webhooks and deliveries of the same process in between."""
    judged: list[Judged] = []
    for start in range(0, len(batch.arrivals), _SLICE):
        judged += intake.judge_all(batch.arrivals[start : start + _SLICE])
        await asyncio.sleep(0)
    return judged


async def _store_and_settle(
    source: Source, batch: Batch, judged: Sequence[Judged], intake: Intake, around: Surroundings
) -> None:
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            receipts = await intake.store(judged)
            break
        except BusyError as busy:
            await around.clock.sleep(busy.retry_after_seconds)
        except StoreError as error:
            around.signals.emit(SourceFailed(source.name, f"{error}; the batch is tried again"))
            # full jitter, but never nothing: several sources wait for the same disk
            await around.clock.sleep(wait * (0.5 + around.ids.chance() / 2))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
    await source.settle(batch, receipts)
