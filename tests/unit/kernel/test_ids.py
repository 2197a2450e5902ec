"""Identifiers have the shapes their standards give them, and a seed gives them again."""

from __future__ import annotations

from uuid import UUID

from trunkline.kernel.clock import SECOND
from trunkline.kernel.ids import SystemIds
from trunkline.testkit.clock import CountingIds, ManualClock


def test_a_uuid7_carries_its_time_version_and_variant():
    clock = ManualClock()
    made = UUID(SystemIds(clock).uuid7())
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == clock.now() // 1000


def test_uuid7s_of_later_milliseconds_sort_later():
    clock = ManualClock()
    ids = SystemIds(clock)
    made = []
    for _ in range(50):
        made.append(ids.uuid7())
        clock.advance_to(clock.now() + SECOND // 1000)
    assert made == sorted(made)


# What is kept by its id is found again in the order in which it came, however fast it came.
def test_uuid7s_of_one_millisecond_sort_in_their_order():
    clock = ManualClock()
    ids = SystemIds(clock)
    made = [ids.uuid7() for _ in range(500)]
    clock.advance_to(clock.now() + SECOND // 1000)
    made.append(ids.uuid7())
    assert made == sorted(set(made))
    assert {UUID(one).version for one in made} == {7}
    assert UUID(made[-1]).int >> 80 == clock.now() // 1000


def test_the_same_seed_gives_the_same_identifiers():
    first, second = (SystemIds(ManualClock(), seed=7) for _ in range(2))
    for made in (first, second):
        made.span_id()
    assert first.trace_id() == second.trace_id()
    assert first.chance() == second.chance()
    assert len(first.trace_id()) == 32
    assert len(first.span_id()) == 16


def test_counting_ids_count():
    ids = CountingIds(chance_value=0.25)
    assert UUID(ids.uuid7()).version == 7
    assert ids.trace_id() == f"{2:032x}"
    assert ids.span_id() == f"{3:016x}"
    assert ids.chance() == 0.25
