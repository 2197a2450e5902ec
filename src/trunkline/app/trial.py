"""A project in memory, for a user's own tests: push records through contract and mapping, touch nothing.

``trunkline.testing`` hands it out. It is the real intake and the real mapping on the in-memory log, with
a clock that stands still; no store, key, secret or target is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from trunkline.app.connectors import Checked
from trunkline.app.project import Flow, Project, unknown, unknown_stream
from trunkline.connectors.source import Arrival, Receipt
from trunkline.eventlog.memory import MemoryLog
from trunkline.intake.accept import Intake, Surroundings
from trunkline.intake.quarantine import MemoryQuarantine
from trunkline.kernel import json
from trunkline.kernel.errors import Final
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock


class Outgoing(msgspec.Struct, frozen=True):
    """What a flow would send for one event: the record, or None where it drops it, or why it cannot."""

    offset: int
    record: dict[str, Any] | None
    problem: str = ""


class Trial:
    """A project folder's contracts and flows on an in-memory log.

    >>> import asyncio, tempfile
    >>> from pathlib import Path
    >>> from trunkline.app.init import init
    >>> from trunkline.testing import Trial
    >>> trial = Trial(init(Path(tempfile.mkdtemp()) / "shop").folder)
    >>> async def main():
    ...     [receipt] = await trial.push("order", {"order_id": "1001"})
    ...     return receipt.status, receipt.reasons[0]
    >>> asyncio.run(main())
    ('refused', '/event_id: is required')
    """

    def __init__(self, folder: str | Path) -> None:
        self.project = Project.load(Path(folder))
        self.clock = ManualClock()
        self.quarantine = MemoryQuarantine()
        self.log = MemoryLog(self.clock)
        self._around = Surroundings(self.clock, CountingIds(), Signals(), self.project.settings.limits)

    async def push(
        self, stream: str, records: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> list[Receipt]:
        """Take records as a source would and return what became of each; refused ones say every reason."""
        contract = self.project.contract_of(stream)
        if contract is None:
            raise unknown_stream(self.project, stream)
        several = [records] if isinstance(records, Mapping) else records
        intake = Intake("test", contract, self.log, self.quarantine, self._around)
        return await intake.accept([Arrival(json.encode(record)) for record in several])

    async def outgoing(self, flow: str) -> list[Outgoing]:
        """Return what a flow would send for every event pushed so far, checked by the target's contract."""
        wired = self.project.flows.get(flow)
        if wired is None:
            raise unknown("flow", flow, self.project.flows)
        page = await self.log.read(wired.contract.stream, 0, 1_000_000)
        return [_mapped(wired, offset, event) for offset, event in enumerate(page.events, page.base)]


def _mapped(flow: Flow, offset: int, event: Any) -> Outgoing:
    mapping = Checked(flow.mapping, flow.target.contract)
    try:
        return Outgoing(offset, mapping(json.decode(event.data), event))
    except Final as error:
        return Outgoing(offset, None, error.detail)
