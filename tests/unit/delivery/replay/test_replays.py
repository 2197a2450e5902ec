"""The in-memory reference of what keeps replays passes the suite of its port."""

from __future__ import annotations

import pytest

from trunkline.delivery.replay.memory import MemoryReplays
from trunkline.testkit.replays import ReplaysSuite


class TestMemoryReplays(ReplaysSuite):
    @pytest.fixture
    def replays(self):
        return MemoryReplays()
