"""The in-memory audit has the behaviour of the suite."""

from __future__ import annotations

import pytest

from trunkline.observe.audit import MemoryAudit
from trunkline.testkit.audit import AuditSuite


class TestMemoryAudit(AuditSuite):
    @pytest.fixture
    def audit(self):
        return MemoryAudit()
