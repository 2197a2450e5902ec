"""Lets quarantined arrivals in after a fix, by the same way every arrival takes.

The use-cases of command line and control room call ``release``. The arrival keeps its identity and
correlation, so one that was let in before is a duplicate and has no second effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.connectors.source import Arrival, Receipt
from trunkline.intake.accept import Intake, Refusal
from trunkline.intake.quarantine import Held, Quarantine, Resolution
from trunkline.kernel.clock import Clock

Fate: TypeAlias = Literal["released", "still refused", "not open", "no such source"]


class Release(msgspec.Struct, frozen=True):
    """What became of one entry: its fate and, where its arrival was judged, the receipt."""

    entry_id: str
    fate: Fate
    receipt: Receipt | None = None


class Decision(msgspec.Struct, frozen=True):
    """Who lets entries in and why; ``edited`` is the record as JSON that goes in place of what came."""

    by: str
    why: str
    edited: bytes | None = None


async def release(
    quarantine: Quarantine,
    intakes: Mapping[str, Intake],
    clock: Clock,
    entry_ids: Sequence[str],
    decision: Decision,
) -> list[Release]:
    """Run each entry through the present contract of its source and let in what passes.

    ``intakes`` are by source name. What is still refused stays, with the new reasons. Raises
    ``ValueError`` for an edit of several entries at once, and what ``Intake.store`` raises.
    """
    if decision.edited is not None and len(entry_ids) != 1:
        raise ValueError("an edited record replaces one entry: release one at a time")
    return [await _release(quarantine, intakes, clock, entry_id, decision) for entry_id in entry_ids]


async def _release(
    quarantine: Quarantine, intakes: Mapping[str, Intake], clock: Clock, entry_id: str, decision: Decision
) -> Release:
    held = await quarantine.get(entry_id)
    if held is None or held.entry.status != "open":
        return Release(entry_id, "not open")
    intake = intakes.get(held.entry.source)
    if intake is None:
        return Release(entry_id, "no such source")
    judged = intake.judge(_arrival(held, decision), clock.now())
    if isinstance(judged, Refusal):
        await quarantine.amend(entry_id, judged.kind, judged.reasons)
        reasons = tuple(map(str, judged.reasons))
        return Release(entry_id, "still refused", Receipt("refused", reasons=reasons))
    # the event is durable before the entry ends: a crash in between makes it a duplicate next time
    [receipt] = await intake.store([judged])
    await quarantine.resolve(entry_id, Resolution("released", decision.by, decision.why, clock.now()))
    return Release(entry_id, "released", receipt)


def _arrival(held: Held, decision: Decision) -> Arrival:
    if decision.edited is None:
        return held.arrival
    return msgspec.structs.replace(held.arrival, raw=decision.edited, fields=None, fault="")
