"""Instants are exact microseconds and survive the way to text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.clock import SECOND, SystemClock, from_rfc3339, to_rfc3339
from trunkline.testkit.clock import START, ManualClock

INSTANTS = st.integers(min_value=-(10**15), max_value=4 * 10**15)


@given(INSTANTS)
def test_an_instant_survives_the_way_to_text_and_back(instant):
    assert from_rfc3339(to_rfc3339(instant)) == instant


def test_an_offset_is_turned_into_utc():
    assert to_rfc3339(from_rfc3339("2026-11-02T10:11:12+01:00")) == "2026-11-02T09:11:12Z"


def test_a_time_without_a_zone_is_taken_as_utc():
    assert from_rfc3339("2026-11-02 10:11:12") == from_rfc3339("2026-11-02T10:11:12Z")


def test_a_text_that_is_no_time_is_refused():
    with pytest.raises(ValueError, match="yesterday"):
        from_rfc3339("yesterday")


def test_the_system_clock_goes_on():
    clock = SystemClock()
    assert clock.now() > START
    assert clock.monotonic() <= clock.monotonic()


async def test_a_hand_driven_clock_wakes_sleepers_in_their_order():
    import asyncio

    clock = ManualClock()
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (3, 1, 2)]
    await asyncio.sleep(0)
    assert clock.next_wake == START + SECOND
    clock.advance(2)
    await asyncio.gather(tasks[1], tasks[2])
    assert woken == [1, 2]
    clock.advance(1)
    await asyncio.gather(*tasks)
    assert woken == [1, 2, 3]
