"""The behaviour every target has, as one suite: what a connector author runs to know it is right.

A test subclasses ``TargetSuite`` and gives it a fixture ``harness``; pytest collects the rest. What a
target does not promise in its ``Features`` is not asked of it. The suite itself needs no pytest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from trunkline.connectors.target import Item, Progress, Target
from trunkline.kernel.errors import DeliveryError, Final, Retryable

FLOW = "suite-flow"
POISON = "poison"
"""A subject that every harness's place refuses for good, whatever else stands in the record."""


class Effect(msgspec.Struct, frozen=True):
    """What the place was seen to hold or receive; ``idempotency_key`` is empty where it gets none."""

    subject: str
    value: int
    amount: Decimal
    idempotency_key: str = ""


class Harness(Protocol):
    """A place to deliver to, as the suite sees it: made new for each test, empty and in order.

    It takes records of three fields, ``key`` (text, the entity key), ``value`` (integer) and ``amount``
    (decimal), and refuses for good a record whose key is ``POISON``.
    """

    history: bool
    """Whether ``effects`` shows every effect in order, or only the last one of each subject."""

    ways: Sequence[str]
    """The ways it can be broken so that a later attempt may succeed."""

    def target(self) -> Target:
        """Return a new target for this place, not yet opened."""

    async def effects(self) -> list[Effect]:
        """Return what the place was seen to take, oldest first."""

    async def break_it(self, way: str) -> None:
        """Break the place in one of ``ways``."""

    async def mend(self) -> None:
        """Make it whole again, with what it held."""


def item(subject: str, value: int, *, offset: int = -1, attempt: int = 1) -> Item:
    """Return an item as delivery makes it: its idempotency key depends on what it is, not on when."""
    place = offset if offset >= 0 else value
    return Item(
        offset=place,
        subject=subject,
        idempotency_key=f"{FLOW}:{subject}:{place}",
        correlation=f"{place + 1:032x}",
        attempt=attempt,
        record={"key": subject, "value": value, "amount": _amount(value)},
    )


def _amount(value: int) -> Decimal:
    # More digits than a binary float holds.
    return Decimal("12345678901234567.01") + value


async def send(target: Target, items: Sequence[Item], progress: Progress | None = None) -> list[str]:
    """Deliver ``items`` in calls no larger than the target takes; return the kinds of what failed.

    Whatever goes wrong has to be a ``DeliveryError``, returned or raised: anything else fails the test.
    """
    kinds: list[str] = []
    for start in range(0, len(items), target.features.batch):
        call = items[start : start + target.features.batch]
        verdicts = await _verdicts(target, call, progress)
        assert len(verdicts) == len(call), "one verdict an item"
        kinds += [verdict.kind for verdict in verdicts if verdict is not None]
    return kinds


async def _verdicts(
    target: Target, call: Sequence[Item], progress: Progress | None
) -> Sequence[DeliveryError | None]:
    given = progress if target.features.atomic else None
    try:
        return await target.deliver(call, given)
    except DeliveryError as error:
        return [error] * len(call)


class TargetSuite:
    """What every target does, whatever it promises."""

    async def test_what_is_delivered_is_there(self, harness: Harness) -> None:
        """What is delivered is in the place once the call returns without blame."""
        async with _opened(harness) as target:
            assert await send(target, [item("a", 1), item("b", 2)], _at(3)) == []
            assert _latest(await harness.effects()) == {"a": 1, "b": 2}

    async def test_numbers_arrive_exact(self, harness: Harness) -> None:
        """A decimal arrives with every digit it was sent with."""
        async with _opened(harness) as target:
            await send(target, [item("a", 7)], _at(8))
            assert [effect.amount for effect in await harness.effects()] == [Decimal("12345678901234574.01")]

    async def test_items_of_one_key_take_effect_in_order(self, harness: Harness) -> None:
        """Items of one key take effect in the order they were given."""
        async with _opened(harness) as target:
            sent = [item("ab"[number % 2], number) for number in range(10)]
            assert await send(target, sent, _at(10)) == []
            seen = await harness.effects()
            assert _latest(seen) == {"a": 8, "b": 9}
            if harness.history:
                assert [effect.value for effect in seen if effect.subject == "a"] == [0, 2, 4, 6, 8]

    async def test_calls_at_a_time_all_take_effect(self, harness: Harness) -> None:
        """As many calls at a time as it says it takes all take effect."""
        async with _opened(harness) as target:
            sent = [item(f"k{number}", number) for number in range(target.features.concurrency)]
            failed = await asyncio.gather(*(send(target, [one], _at(one.offset + 1)) for one in sent))
            assert not any(failed)
            assert _latest(await harness.effects()) == {f"k{one.offset}": one.offset for one in sent}

    async def test_a_refused_item_is_blamed_as_final(self, harness: Harness) -> None:
        """An item the place refuses for good is blamed as final; it alone, by itself or among others."""
        async with _opened(harness) as target:
            [verdict] = await _verdicts(target, [item(POISON, 1)], _at(2))
            assert isinstance(verdict, Final)
            sent = [item("a", 1), item(POISON, 2), item("b", 3)][: target.features.batch]
            verdicts = await _verdicts(target, sent, _at(4))
            assert [isinstance(verdict, Final) for verdict in verdicts] == [
                one.subject == POISON for one in sent
            ]

    async def test_a_broken_place_is_retryable_and_then_mended(self, harness: Harness) -> None:
        """A place broken for now gives a retryable error, nothing else; mended, the same items go through."""
        for number, way in enumerate(harness.ways):
            async with _opened(harness) as target:
                await harness.break_it(way)
                verdicts = await _verdicts(target, [item("a", number)], _at(number + 1))
                assert [type(verdict) for verdict in verdicts] == [Retryable], f"{way}: {verdicts}"
                await harness.mend()
                assert await send(target, [item("a", number, attempt=2)], _at(number + 1)) == [], way
            assert _latest(await harness.effects()) == {"a": number}, way

    async def test_opening_a_broken_place_leaks_nothing(self, harness: Harness) -> None:
        """Opening a broken place either leaves it to the first delivery to say so, or is retryable."""
        for way in harness.ways:
            target = harness.target()
            await harness.break_it(way)
            [failure] = await asyncio.gather(target.open(), return_exceptions=True)
            await target.close()
            await harness.mend()
            assert failure is None or isinstance(failure, Retryable), f"{way}: {failure}"

    async def test_a_repeat_carries_the_same_idempotency_key(self, harness: Harness) -> None:
        """A repeat carries the key of the first attempt, so that the place can tell it is one."""
        async with _opened(harness) as target:
            await send(target, [item("a", 1)], _at(2))
            first = await harness.effects()
            await send(target, [item("a", 1, attempt=2)], _at(2))
            keys = {effect.idempotency_key for effect in [*first, *await harness.effects()]}
            assert len(keys) == 1

    async def test_a_cancelled_call_leaves_the_target_usable(self, harness: Harness) -> None:
        """An abandoned call leaves the target fit for the next one."""
        async with _opened(harness) as target:
            call = asyncio.create_task(_verdicts(target, [item("a", 1)], _at(2)))
            await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            after = item("b", 2)
            assert await send(target, [after], _at(3)) == []
            assert _latest(await harness.effects())["b"] == after.offset

    async def test_close_lets_calls_under_way_finish(self, harness: Harness) -> None:
        """Closing lets the calls under way finish, and closing again does nothing."""
        async with _opened(harness) as target:
            call = asyncio.create_task(_verdicts(target, [item("a", 1)], _at(2)))
            await asyncio.sleep(0)
            await target.close()
            assert await call == [None]
            await target.close()
        assert _latest(await harness.effects()) == {"a": 1}

    async def test_a_target_opens_again(self, harness: Harness) -> None:
        """A target that was closed and opened again works."""
        for number in range(2):
            async with _opened(harness) as target:
                assert await send(target, [item("a", number)], _at(number + 1)) == []
        assert _latest(await harness.effects()) == {"a": 1}

    async def test_progress_is_kept_by_atomic_targets_only(self, harness: Harness) -> None:
        """A target that keeps no progress has none, and forgetting is harmless."""
        async with _opened(harness) as target:
            assert await target.progress("unknown-flow") is None
            if not target.features.atomic:
                await send(target, [item("a", 1)])
                await target.forget(FLOW, [1])
                assert await target.progress(FLOW) is None


class AtomicTargetSuite(TargetSuite):
    """What a target adds that promises ``Features.atomic``: effects and progress are one transaction."""

    async def test_progress_is_stored_with_the_effects(self, harness: Harness) -> None:
        """Effects and progress are there together."""
        async with _opened(harness) as target:
            assert await target.deliver([item("a", 1)], _at(2)) == [None]
            assert await target.progress(FLOW) == _at(2)

    async def test_progress_moves_without_items(self, harness: Harness) -> None:
        """Progress alone can be moved: a run of events that were all dropped by rule."""
        async with _opened(harness) as target:
            assert await target.deliver([], _at(5)) == []
            assert await target.progress(FLOW) == _at(5)

    async def test_a_blamed_item_undoes_the_whole_call(self, harness: Harness) -> None:
        """A call that blames one item has applied nothing and progress stays; without it the rest goes."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1)], _at(2))
            verdicts = await target.deliver([item("a", 2), item(POISON, 3), item("b", 4)], _at(5))
            assert isinstance(verdicts[1], Final)
            assert _latest(await harness.effects()) == {"a": 1}
            assert await target.progress(FLOW) == _at(2)
            assert await target.deliver([item("a", 2), item("b", 4)], _at(5)) == [None, None]
            assert _latest(await harness.effects()) == {"a": 2, "b": 4}

    async def test_progress_survives_a_new_target(self, harness: Harness) -> None:
        """Progress is in the place, not in the process: a new target finds it."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1)], _at(2, 0))
        async with _opened(harness) as target:
            assert await target.progress(FLOW) == _at(2, 0)

    async def test_each_flow_has_its_own_progress(self, harness: Harness) -> None:
        """Flows do not see each other's progress."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1)], _at(2))
            await target.deliver([item("b", 5)], Progress(flow="other-flow", cursor=6))
            assert await target.progress(FLOW) == _at(2)
            assert await target.progress("other-flow") == Progress(flow="other-flow", cursor=6)

    async def test_applied_marks_add_up_until_forgotten(self, harness: Harness) -> None:
        """Marks of held-back items add up, and those the ledger took over go, those only."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1)], _at(9, 1))
            await target.deliver([item("b", 4)], _at(9, 4))
            kept = await target.progress(FLOW)
            assert kept is not None
            assert sorted(kept.applied) == [1, 4]
            await target.forget(FLOW, [1])
            assert await target.progress(FLOW) == _at(9, 4)

    async def test_progress_never_goes_back(self, harness: Harness) -> None:
        """A late call with an older cursor moves neither the cursor back nor the last event."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 8)], _at(9))
            await target.deliver([item("b", 3)], _at(4, 3))
            assert await target.progress(FLOW) == _at(9, 3)

    async def test_the_last_event_moves_with_the_cursor(self, harness: Harness) -> None:
        """The last event is the one that came with the cursor, empty where none did."""
        unknown = Progress(FLOW, 2)
        async with _opened(harness) as target:
            for progress in (unknown, _at(2), _at(5), Progress(FLOW, 6)):
                await target.deliver([], progress)
                assert await target.progress(FLOW) == progress

    async def test_the_same_call_again_succeeds(self, harness: Harness) -> None:
        """A call repeated because its commit was in doubt succeeds, for new and held-back items alike."""
        async with _opened(harness) as target:
            late = _at(3, 0)
            for sent, progress in (([item("a", 1), item("b", 2)], _at(3)), ([item("c", 0)], late)):
                for _ in range(2):
                    assert await target.deliver(sent, progress) == [None] * len(sent)
            assert await target.progress(FLOW) == late
            assert _latest(await harness.effects()) == {"c": 0, "a": 1, "b": 2}

    async def test_another_runner_is_noticed(self, harness: Harness) -> None:
        """A call that another runner of the flow has settled in part is retryable and applies nothing."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1), item("b", 2)], _at(3))
            verdicts = await _verdicts(target, [item("b", 2), item("c", 3)], _at(4))
            assert [type(verdict) for verdict in verdicts] == [Retryable] * 2
            assert await target.progress(FLOW) == _at(3)
            assert _latest(await harness.effects()) == {"a": 1, "b": 2}

    async def test_a_runner_of_another_log_is_noticed(self, harness: Harness) -> None:
        """A call up to the stored cursor with another last event is no repeat: it does not succeed."""
        async with _opened(harness) as target:
            await target.deliver([item("a", 1), item("b", 2)], _at(3))
            verdicts = await _verdicts(target, [item("c", 1), item("d", 2)], _at(3, last_event="another"))
            assert [type(verdict) for verdict in verdicts] == [Retryable] * 2
            assert await target.progress(FLOW) == _at(3)
            assert _latest(await harness.effects()) == {"a": 1, "b": 2}

    async def test_a_full_batch_takes_effect_as_one(self, harness: Harness) -> None:
        """A whole batch of the size it promises takes effect in one call."""
        async with _opened(harness) as target:
            count = min(target.features.batch, 5_000)
            sent = [item(f"k{number % 97}", number) for number in range(count)]
            assert await target.deliver(sent, _at(count)) == [None] * count
            assert _latest(await harness.effects()) == {one.subject: one.offset for one in sent}


@contextlib.asynccontextmanager
async def _opened(harness: Harness) -> AsyncIterator[Target]:
    target = harness.target()
    await target.open()
    try:
        yield target
    finally:
        await target.close()


def _at(cursor: int, *applied: int, last_event: str = "") -> Progress:
    return Progress(FLOW, cursor, applied, last_event or f"event {cursor - 1}")


def _latest(effects: Sequence[Effect]) -> dict[str, int]:
    return {effect.subject: effect.value for effect in effects}
