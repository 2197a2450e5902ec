"""The in-memory registry has the behaviour of every registry."""

from __future__ import annotations

import pytest

from trunkline.contracts.registry.memory import MemoryRegistry
from trunkline.testkit.registry import RegistrySuite


class TestMemoryRegistry(RegistrySuite):
    @pytest.fixture
    def registry(self):
        return MemoryRegistry()
