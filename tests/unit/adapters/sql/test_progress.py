"""Whether a call may apply its items: decided from the stored cursor and marks alone."""

from __future__ import annotations

import pytest
from tests.sql_places import at, items

from trunkline.adapters.sql.progress import NO_FLOOR, floor, repeats, repeats_held_back
from trunkline.kernel.errors import Retryable

THREE = items(*[{"sku": "a"}] * 3, first=7)


def test_the_floor_is_the_lowest_new_offset():
    """Held-back items lie below the cursor by right; the lowest of the others is what must be new."""
    assert floor(THREE, at(10)) == 7
    assert floor(THREE, at(10, 7)) == 8
    assert floor(THREE, at(10, 7, 8, 9)) == NO_FLOOR
    assert floor([], at(10)) == NO_FLOOR


def test_a_settled_call_repeats_itself_and_no_other():
    """The cursor and last event this call would set are its own repeat; any other is another runner's."""
    assert repeats(at(10), (10, "event 9"))
    for stored in ((9, "event 8"), (11, "event 10"), (10, "another event 9")):
        with pytest.raises(Retryable, match="another runner"):
            repeats(at(10), stored)


def test_held_back_items_are_all_new_or_all_repeated():
    """Marks that were all there are a repeat, none there is a first time, some there are another runner's."""
    assert not repeats_held_back(THREE, at(20, 7, 8, 9), {7, 8, 9})
    assert repeats_held_back(THREE, at(20, 7, 8, 9), set())
    with pytest.raises(Retryable, match="another runner"):
        repeats_held_back(THREE, at(20, 7, 8, 9), {7})
    assert not repeats_held_back(THREE, at(20, 5), set())
