"""Lets quarantined arrivals in after a fix, by the same way every arrival takes.

The use-cases of command line and control room call ``release``. The arrival keeps its identity and
correlation, so one that was let in before is a duplicate and has no second effect.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.connectors.source import Arrival, Receipt
from trunkline.intake.accept import Intake, Refusal
from trunkline.intake.quarantine import Held, Quarantine, Resolution
from trunkline.kernel.clock import Clock
from trunkline.kernel.event import Event

Fate: TypeAlias = Literal["released", "still refused", "not open", "no such source"]


class Release(msgspec.Struct, frozen=True):
    """What became of one entry: its fate and, where its arrival was judged, the receipt."""

    entry_id: str
    fate: Fate
    receipt: Receipt | None = None


class Decision(msgspec.Struct, frozen=True):
    """Who lets entries in and why; ``edits`` are records as JSON, by entry, that go in place of what came."""

    by: str
    why: str
    edits: Mapping[str, bytes] = {}


async def release(
    quarantine: Quarantine,
    intakes: Mapping[str, Intake],
    clock: Clock,
    entry_ids: Sequence[str],
    decision: Decision,
) -> list[Release]:
    """Run each entry through the present contract of its source and let in, in this order, what passes.

    ``intakes`` are by source name. What is still refused stays, with the new reasons. Raises what
    ``Intake.store`` raises.
    """
    now = clock.now()
    judged = [await _judge(quarantine, intakes, now, entry_id, decision) for entry_id in entry_ids]
    for one in judged:
        if one.refusal:
            await quarantine.amend(one.entry_id, one.refusal.kind, one.refusal.reasons)
    # the events are durable before their entries end: a crash in between makes them duplicates next time
    receipts: dict[str, Receipt] = {}
    for source, group in itertools.groupby((one for one in judged if one.event), lambda one: one.source):
        several = list(group)
        stored = await intakes[source].store([one.event for one in several if one.event])
        receipts |= {one.entry_id: receipt for one, receipt in zip(several, stored, strict=True)}
    end = Resolution("released", decision.by, decision.why, clock.now())
    await asyncio.gather(*(quarantine.resolve(entry_id, end) for entry_id in receipts))
    return [Release(one.entry_id, one.fate, receipts.get(one.entry_id, one.receipt)) for one in judged]


async def would_be(
    quarantine: Quarantine,
    intakes: Mapping[str, Intake],
    clock: Clock,
    entry_ids: Sequence[str],
    decision: Decision,
) -> list[Release]:
    """Tell what would become of each entry, without effect; of what passes there is no receipt."""
    now = clock.now()
    judged = [await _judge(quarantine, intakes, now, entry_id, decision) for entry_id in entry_ids]
    return [Release(one.entry_id, one.fate, one.receipt) for one in judged]


class _Judged(msgspec.Struct, frozen=True):
    """An entry with the event it becomes, or with why it becomes none."""

    entry_id: str
    fate: Fate
    source: str = ""
    event: Event | None = None
    receipt: Receipt | None = None
    refusal: Refusal | None = None


async def _judge(
    quarantine: Quarantine, intakes: Mapping[str, Intake], now: int, entry_id: str, decision: Decision
) -> _Judged:
    held = await quarantine.get(entry_id)
    if held is None or held.entry.status != "open":
        return _Judged(entry_id, "not open")
    intake = intakes.get(held.entry.source)
    if intake is None:
        return _Judged(entry_id, "no such source")
    judged = intake.judge(_arrival(held, decision), now)
    if isinstance(judged, Refusal):
        receipt = Receipt("refused", reasons=tuple(map(str, judged.reasons)))
        return _Judged(entry_id, "still refused", receipt=receipt, refusal=judged)
    return _Judged(entry_id, "released", held.entry.source, judged)


def _arrival(held: Held, decision: Decision) -> Arrival:
    edited = decision.edits.get(held.entry.id)
    if edited is None:
        return held.arrival
    return msgspec.structs.replace(held.arrival, raw=edited, fields=None, fault="")
