"""A target around another does in everything as that does."""

from __future__ import annotations

import pytest
from tests.unit.testkit.test_targets import Harness

from trunkline.connectors.target import Around
from trunkline.testkit.target import AtomicTargetSuite
from trunkline.testkit.targets import MemoryTable


class TestAround(AtomicTargetSuite):
    @pytest.fixture
    def harness(self):
        return Harness(lambda place, script: Around(MemoryTable(place, script)))
