"""The in-memory reference passes the port's whole suite."""

from __future__ import annotations

import pytest

from trunkline.eventlog.memory import MemoryLog
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import WINDOW_SECONDS, EventLogSuite


class _Engine:
    def __init__(self):
        self.clock = ManualClock()

    async def open(self):
        return MemoryLog(self.clock, WINDOW_SECONDS)

    async def close(self):
        pass


class TestMemoryLog(EventLogSuite):
    @pytest.fixture
    def engine(self):
        return _Engine()
