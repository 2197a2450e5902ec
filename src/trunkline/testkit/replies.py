"""How every ledger keeps what callers are told: the part of its suite about replies."""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import Record, StoredReply
from trunkline.testkit.ledger import FLOW, NOW, WholeLedger, case, run

ANSWER = Reply(b'{"pieces": 3}', correlation="a" * 32)


def stored(offset: int, name: str = "", reply: Reply = ANSWER) -> StoredReply:
    """Return a reply under a name of its own, if none is given."""
    return StoredReply(offset, name or f"tl_{offset}", reply)


async def told(ledger: WholeLedger, *replies: StoredReply, at: int = NOW) -> None:
    """Record replies."""
    await ledger.record(Record(FLOW, at, replies=replies))


class RepliesSuite:
    """What every ledger does for callers."""

    async def test_a_reply_is_recorded_with_its_delivery(self, ledger: WholeLedger) -> None:
        """What is recorded together is there together, every field of a reply included."""
        failed = Reply(b"", "size", "too large", "b" * 32)
        replies = [stored(1), stored(7, reply=failed)]
        await ledger.record(Record(FLOW, NOW, 3, run(0, 2), [case(7, "", "delivered")], replies))
        assert await ledger.reply(FLOW, 1) == ANSWER
        assert await ledger.reply(FLOW, 7) == failed
        assert await ledger.replies(FLOW, [7, 2, 1]) == {7: failed, 1: ANSWER}
        assert (await ledger.fate(FLOW, 7)).state == "delivered"

    async def test_what_has_no_reply_has_none(self, ledger: WholeLedger) -> None:
        """Neither another event, nor another flow, nor another name has one."""
        await told(ledger, stored(1))
        assert await ledger.reply(FLOW, 2) is None
        assert await ledger.reply("another", 1) is None
        assert await ledger.reply_named(FLOW, "tl_2") is None
        assert await ledger.reply_named("another", "tl_1") is None

    async def test_the_first_reply_stays(self, ledger: WholeLedger) -> None:
        """Of two replies to one event the first is told for good."""
        await told(ledger, stored(1))
        await told(ledger, stored(1, reply=replace(ANSWER, body=b"2")))
        assert await ledger.reply(FLOW, 1) == ANSWER

    async def test_a_reply_is_found_by_its_name(self, ledger: WholeLedger) -> None:
        """Where two events had one name, the later reply counts."""
        later = replace(ANSWER, body=b"2")
        await told(ledger, stored(9, "same", later), stored(1, "same"), stored(2))
        assert await ledger.reply_named(FLOW, "same") == later

    async def test_old_replies_go(self, ledger: WholeLedger) -> None:
        """What was stored before a time is forgotten, and counted."""
        await told(ledger, stored(1), stored(2))
        await told(ledger, stored(3), at=NOW + 1)
        gone = await ledger.trim_replies(NOW + 1)
        assert gone == len(["the reply to 1", "the reply to 2"])
        assert await ledger.reply(FLOW, 1) is None
        assert await ledger.reply_named(FLOW, "tl_2") is None
        assert await ledger.reply(FLOW, 3) == ANSWER

    async def test_rewind_forgets_replies_too(self, ledger: WholeLedger) -> None:
        """A reply to what did not take place is none."""
        await told(ledger, stored(4), stored(5))
        await ledger.rewind(FLOW, 5)
        assert await ledger.reply(FLOW, 4) == ANSWER
        assert await ledger.reply(FLOW, 5) is None
