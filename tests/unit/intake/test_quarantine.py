"""The in-memory quarantine has the behaviour of the suite."""

from __future__ import annotations

import pytest

from trunkline.intake.quarantine import MemoryQuarantine, QuarantineLimits, Reason
from trunkline.testkit.quarantine import QuarantineSuite


class TestMemoryQuarantine(QuarantineSuite):
    @pytest.fixture
    def open_quarantine(self):
        async def opened(limits: QuarantineLimits) -> MemoryQuarantine:
            return MemoryQuarantine(limits)

        return opened


# A reason reads as place and expectation; the whole record is shown as a slash.
@pytest.mark.parametrize(("pointer", "shown"), [("/lines/0", "/lines/0: x"), ("", "/: x")])
def test_reason_reads(pointer, shown):
    assert str(Reason(pointer, "type", "x")) == shown
