"""A running flow's ledger, which records what took effect however long our own store fails.

``FlowRunner`` puts it before the engine's. A flow that gave up on a record would begin again from what is
durable and send once more what it could not record, over and over while a disk is full. So the record waits,
and with it the flow once what it may hold in memory is delivered: nothing is sent twice for it.
"""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.delivery.control import Control
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import Ledger, Record
from trunkline.delivery.retry import RetryPolicy, bound_seconds
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import StoreError
from trunkline.kernel.signals import FlowStalled

PAUSES = RetryPolicy(first_seconds=1.0, factor=2.0, longest_seconds=60.0)
"""How long to leave a store alone that did not take a record: 1 s, doubling up to a minute, without end."""


class Recording:
    """The ``Ledger`` of ``ports``, whose ``record`` raises ``StoreError`` only once the flow has to stop."""

    def __init__(self, flow: Flow, ports: Ports, control: Control) -> None:
        self._flow = flow
        self._ports = ports
        self._control = control
        ledger: Ledger = ports.ledger
        self.position, self.rewind, self.cases = ledger.position, ledger.rewind, ledger.cases
        self.waiting, self.held, self.blocked = ledger.waiting, ledger.held, ledger.blocked

    async def record(self, record: Record) -> None:
        """Store all of ``record``, trying again until it is durable; with it which stream the flow reads."""
        failures, record = 0, replace(record, stream=self._flow.stream)
        while True:
            try:
                return await self._ports.ledger.record(record)
            except StoreError as error:
                if self._control.stopping:
                    raise
                failures += 1
                await self._pause(failures, error)

    async def _pause(self, failures: int, error: StoreError) -> None:
        ports = self._ports
        bound = bound_seconds(PAUSES, failures)
        until = ports.clock.now() + round(bound * (1 + ports.ids.chance()) / 2 * SECOND)
        ports.signals.emit(FlowStalled(self._flow.name, "store", str(error), until))
        while ports.clock.now() < until and not self._control.stopping:
            self._control.hear()
            await self._control.wait(until, None)
