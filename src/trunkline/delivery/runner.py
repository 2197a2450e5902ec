"""One flow, running: picks the way its target allows, and begins again from what is durable when it must.

The composition root makes one for each flow, awaits ``run`` in a task of its own, and calls ``stop``.
"""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.delivery import gate as gates
from trunkline.delivery.control import Control
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.lanes import Lanes
from trunkline.delivery.recording import Recording
from trunkline.delivery.whole import Whole
from trunkline.kernel.errors import Corrupt, DeliveryError, StoreError
from trunkline.kernel.signals import FlowStalled


class FlowRunner:
    """Delivers one stream to one target until it is stopped."""

    def __init__(self, flow: Flow, ports: Ports) -> None:
        self.flow = flow
        self._control = Control(ports.clock)
        self._ports = replace(ports, ledger=Recording(flow, ports, self._control))

    async def run(self) -> None:
        """Deliver until ``stop``, then finish what is under way, record it, and return.

        Where the target cannot be opened, or our own store fails, the flow says so by ``FlowStalled``,
        waits, and begins again. It opens its target and leaves closing it to whoever made it.
        """
        gate = gates.OPEN
        while not self._control.stopping:
            try:
                await self._ports.target.open()
                gate = gates.OPEN
                await self._way().run()
            except (StoreError, DeliveryError) as error:
                gate = await self._pause(gate, error)

    def stop(self) -> None:
        """Ask ``run`` to finish; it returns once everything under way is recorded."""
        self._control.stop()

    def look(self) -> None:
        """Have the flow look at the ledger now: a dead letter was answered."""
        self._control.ring()

    def _way(self) -> Whole | Lanes:
        way = Whole if self._ports.target.features.atomic else Lanes
        return way(self.flow, self._ports, self._control)

    async def _pause(self, gate: gates.Gate, error: StoreError | DeliveryError) -> gates.Gate:
        now, chance = self._ports.clock.now(), self._ports.ids.chance()
        reason = error if isinstance(error, DeliveryError) else DeliveryError(_kind(error), str(error))
        gate = gates.away(gate, reason, now, chance)
        self._ports.signals.emit(FlowStalled(self.flow.name, reason.kind, reason.detail, gate.until))
        while self._ports.clock.now() < gate.until and not self._control.stopping:
            self._control.hear()
            await self._control.wait(gate.until, None)
        return gate


def _kind(error: StoreError) -> str:
    """Tell a page that is damaged, which only its readers feel, from a store that does not work."""
    return "damaged" if isinstance(error, Corrupt) else "store"
