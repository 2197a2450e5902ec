"""The reference census passes the suite of the port."""

from __future__ import annotations

import pytest

from trunkline.observe.census import MemoryCensus
from trunkline.testkit.census import CensusSuite


class TestMemoryCensus(CensusSuite):
    @pytest.fixture
    def census(self):
        return MemoryCensus()
