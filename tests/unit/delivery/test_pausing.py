"""The in-memory reference of which flows are paused."""

from __future__ import annotations

import pytest

from trunkline.delivery.pausing import MemoryPauses
from trunkline.testkit.pausing import PausesSuite


class TestMemoryPauses(PausesSuite):
    @pytest.fixture
    async def pauses(self):
        return MemoryPauses()
