"""The events of cases, by their offsets: they lie scattered over the log, and a page opens whole.

Cases come in the order of their offsets, so the slice of the log that was read for one often holds the
next: the latest slices are kept, a bounded number of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from msgspec.structs import replace

from trunkline.delivery.attempt import Entry
from trunkline.delivery.ledger import Case
from trunkline.eventlog.port import LogReader, Page
from trunkline.kernel.errors import Corrupt

SLICE_EVENTS = 256
KEPT_SLICES = 16


class CaseLoader:
    """Step 1 of an attempt, for cases: an entry for each, with its event read again.

    Where a person edited the record, the event carries what they put in its place.
    """

    def __init__(self, log: LogReader, stream: str) -> None:
        self._log = log
        self._stream = stream
        self._slices: OrderedDict[int, Page] = OrderedDict()

    async def entries(self, cases: Sequence[Case]) -> list[Entry]:
        """Return entries in the order of their offsets; one that was trimmed or is damaged has no event."""
        return [await self._entry(case) for case in sorted(cases, key=lambda case: case.offset)]

    async def _entry(self, case: Case) -> Entry:
        page = self._kept(case.offset)
        if page is None:
            try:
                page = await self._log.read(self._stream, case.offset, SLICE_EVENTS)
            except Corrupt as error:
                return Entry(case.offset, case.key, None, case, damage=str(error))
            self._keep(page)
        index = case.offset - page.base
        event = page.events[index] if 0 <= index < len(page.events) else None
        if event is not None and case.edited:
            event = replace(event, data=case.edited)
        return Entry(case.offset, case.key, event, case)

    def _kept(self, offset: int) -> Page | None:
        for base, page in self._slices.items():
            if base <= offset < page.next:
                self._slices.move_to_end(base)
                return page
        return None

    def _keep(self, page: Page) -> None:
        self._slices[page.base] = page
        if len(self._slices) > KEPT_SLICES:
            self._slices.popitem(last=False)
