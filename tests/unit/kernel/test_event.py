"""An event is an immutable value."""

from __future__ import annotations

import pytest

from trunkline.kernel.event import Event, Stored

EVENT = Event("1", "shop/orders", "order", "A-1", 10, 11, "order@1.0.0", "0" * 31 + "1", b'{"total":1.10}')


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        EVENT.id = "2"


def test_a_stored_event_is_equal_to_one_of_the_same_place_and_content():
    assert Stored("order@1", 5, EVENT) == Stored("order@1", 5, EVENT)
    assert Stored("order@1", 5, EVENT) != Stored("order@1", 6, EVENT)
