"""The in-memory ledger is the reference: it passes the suite of the port."""

from __future__ import annotations

import pytest

from trunkline.delivery.memory import MemoryLedger
from trunkline.testkit.ledger import LedgerSuite


class TestMemoryLedger(LedgerSuite):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()
