"""The use-cases that make room: what retention says may go goes, and nothing a flow still has to read.

``run`` calls them on a timer; ``trunkline log trim`` trims by hand.
"""

from __future__ import annotations

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.model import StoreSettings
from trunkline.app.quantities import bytes_of
from trunkline.eventlog.port import Retention, StreamInfo
from trunkline.kernel.clock import SECOND

_DAY = 86_400 * SECOND


class Trimmed(msgspec.Struct, frozen=True):
    """How many events of a stream went."""

    stream: str
    events: int


async def trim(backbone: Backbone) -> list[Trimmed]:
    """Trim every stream; also what ledger, quarantine, audit and alerts keep of the time before."""
    store = backbone.project.settings.store
    retention, now = store.retention, backbone.machine.clock.now()
    await backbone.audit.trim(now - store.audit_days * _DAY)
    await backbone.alerts.trim(now - store.audit_days * _DAY)
    await backbone.ledger.trim_replies(now - round(_reply_days(store) * _DAY))
    if retention.days is None and retention.bytes is None:
        return []
    before = now - round(retention.days * _DAY) if retention.days is not None else 0
    most = bytes_of(retention.bytes) if retention.bytes is not None else None
    trimmed = []
    for info in await backbone.log.streams():
        keep_from = await _keep_from(backbone, info)
        went = await backbone.log.trim(info.stream, Retention(keep_from, before, most))
        trimmed.append(Trimmed(info.stream, went))
    if before:
        await backbone.ledger.trim(before)
        await backbone.quarantine.trim(before)
    return trimmed


async def fold(backbone: Backbone) -> None:
    """Put the sums of KPIs together into longer spans, and forget minutes and hours that are old enough."""
    store, now = backbone.project.settings.store, backbone.machine.clock.now()
    await backbone.rollups.fold(now)
    await backbone.rollups.trim(now - store.kpi_minutes_days * _DAY, now - store.kpi_hours_days * _DAY)


def _reply_days(store: StoreSettings) -> float:
    """Return for how long a reply is kept: whoever asks again later is not known to ask again."""
    days = store.retention.days
    return store.dedupe_days if days is None else min(days, store.dedupe_days)


async def _keep_from(backbone: Backbone, info: StreamInfo) -> int:
    """Return the first offset that some flow of the stream may still have to read.

    A flow that never ran has read nothing, nor has a replay that is to begin; a stream without a flow is
    kept by age and size alone, and so is one for a draft that never ran: nobody may ever let it.
    """
    known = {status.flow: status for status in await backbone.ledger.status()}
    flows = [
        flow.name
        for flow in backbone.project.flows.values()
        if flow.contract.stream == info.stream and (flow.name in known or not flow.settings.draft)
    ]
    kept = [known[flow].keep_from if flow in known else info.first for flow in flows]
    for replay in await backbone.replays.all():
        stands = known.get(replay.name)
        owes = stands is not None and bool(stands.waiting or stands.held or stands.dead)
        reads = replay.is_open or (owes and replay.state == "done")
        if reads and replay.stream == info.stream and replay.flow in flows:
            kept.append(stands.keep_from if stands else replay.selection.first)
    return min(kept, default=info.next)
