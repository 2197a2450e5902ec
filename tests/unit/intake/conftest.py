"""A small contract, a log and a quarantine in memory, and an intake between them."""

from __future__ import annotations

import pytest

from trunkline.connectors.source import Arrival
from trunkline.contracts.contract import load
from trunkline.eventlog.memory import MemoryLog
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.quarantine import MemoryQuarantine
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock

SALE = """
apiVersion: v3.1.0
kind: DataContract
id: sale
name: sale
version: 1.2.0
status: active
schema:
  - name: sale
    logicalType: object
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: amount, logicalType: number, required: true}
      - {name: at, logicalType: timestamp}
      - {name: key, logicalType: string, required: true}
    customProperties:
      - {property: eventTime, value: at}
      - {property: idempotencyKey, value: key}
"""


class Scene:
    """Everything around one intake, with what was signalled."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.emitted = []
        signals = Signals()
        signals.listen(self.emitted.append)
        self.log = MemoryLog(self.clock)
        self.quarantine = MemoryQuarantine()
        self.around = Surroundings(self.clock, CountingIds(), signals)
        self.contract = load(SALE, "sale.odcs.yaml")
        self.intake = self.build()

    def build(self, **changes):
        parts = {
            "contract": self.contract,
            "log": self.log,
            "quarantine": self.quarantine,
            "around": self.around,
        }
        return Intake("shop/sales", **{**parts, **changes})

    async def stored(self):
        """Return every stored event, in order."""
        return (await self.log.read("sale@1", 0)).events


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def sale():
    """Make a good arrival; changes replace its parts."""

    def made(number: int = 1, **changes) -> Arrival:
        raw = b'{"id":"s%d","amount":%d.50,"key":"k%d"}' % (number, number, number)
        return Arrival(**{"raw": raw, **changes})

    return made
