"""The in-memory reference keeps to the suite of every alert store."""

from __future__ import annotations

import pytest

from trunkline.observe.alerts.store import MemoryAlerts
from trunkline.testkit.alerts import AlertStoreSuite


class TestMemoryAlerts(AlertStoreSuite):
    @pytest.fixture
    def store(self):
        return MemoryAlerts()
