"""What every flow still has to deliver, since when: what readiness, KPIs, metrics and pages begin from."""

from __future__ import annotations

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.delivery.ledger import FlowStatus
from trunkline.eventlog.port import StreamInfo
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Corrupt


class Owed(msgspec.Struct, frozen=True):
    """What a flow owes: ``status`` is None where it never began.

    ``lag`` events are ahead of it, the oldest of them at ``offset``, accepted at ``since``; the oldest that
    waits for a retry was accepted at ``waiting_since``. Instants are in microseconds, None without one.
    """

    status: FlowStatus | None
    lag: int = 0
    offset: int = 0
    since: int | None = None
    waiting_since: int | None = None

    @property
    def oldest(self) -> int | None:
        """When the oldest event to deliver was accepted; what is dead or held waits for a person."""
        return min((at for at in (self.since, self.waiting_since) if at is not None), default=None)

    def age_seconds(self, now: int) -> float | None:
        """Return for how long that event is owed; None where nothing is."""
        return None if self.oldest is None else max(0, now - self.oldest) / SECOND


async def owed(backbone: Backbone) -> dict[str, Owed]:
    """Return what each flow of the project owes, by name."""
    streams = {one.stream: one for one in await backbone.log.streams()}
    known = {one.flow: one for one in await backbone.ledger.status()}
    accepted = _Accepted(backbone)
    found = {}
    for name, flow in backbone.project.flows.items():
        info, status = streams.get(flow.contract.stream), known.get(name)
        found[name] = Owed(status) if info is None else await _of(info, status, accepted)
    return found


async def _of(info: StreamInfo, status: FlowStatus | None, accepted: _Accepted) -> Owed:
    offset = max(status.cursor if status else 0, info.first)
    lag = max(0, info.next - offset)
    waiting = status.waiting_from if status else None
    return Owed(
        status,
        lag,
        offset,
        await accepted.at(info.stream, offset) if lag else None,
        None if waiting is None else await accepted.at(info.stream, waiting),
    )


class _Accepted:
    """When events were accepted; flows of a stream often stand at the same one."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._known: dict[tuple[str, int], int | None] = {}

    async def at(self, stream: str, offset: int) -> int | None:
        """Return when the event at an offset, or the next there is, was accepted; None if it is damaged."""
        place = (stream, offset)
        if place not in self._known:
            self._known[place] = await self._read(stream, offset)
        return self._known[place]

    async def _read(self, stream: str, offset: int) -> int | None:
        try:
            page = await self._backbone.log.read(stream, offset, 1)
        except Corrupt:
            return None  # its flow stands still there, and tells why
        return page.events[0].recorded if page.events else None
