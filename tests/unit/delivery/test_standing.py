"""The in-memory reference of what a target's restart has to know."""

from __future__ import annotations

import pytest

from trunkline.delivery.standing import MemoryStandings
from trunkline.testkit.standing import StandingsSuite


class TestMemoryStandings(StandingsSuite):
    @pytest.fixture
    async def standings(self):
        return MemoryStandings()
