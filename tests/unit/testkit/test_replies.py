"""The suite about replies holds the reference, and catches ledgers that break it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trunkline.delivery.memory import MemoryLedger
from trunkline.testkit.replies import RepliesSuite


class TestMemoryReplies(RepliesSuite):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class Forgetful(MemoryLedger):
    async def record(self, record):
        await super().record(replace(record, replies=()))


class Fickle(MemoryLedger):
    async def record(self, record):
        for stored in record.replies:
            self._books[record.flow].replies.pop(stored.offset, None) if record.flow in self._books else None
        await super().record(record)


class Hoarding(MemoryLedger):
    async def trim_replies(self, before):
        return 0


# A ledger that loses replies, changes them or keeps them for ever does not pass.
@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (Forgetful, "test_a_reply_is_recorded_with_its_delivery"),
        (Fickle, "test_the_first_reply_stays"),
        (Hoarding, "test_old_replies_go"),
    ],
)
async def test_the_suite_sees(kind, test):
    with pytest.raises(AssertionError):
        await getattr(RepliesSuite(), test)(kind())
