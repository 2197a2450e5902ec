"""The values that cross the port."""

from __future__ import annotations

import pytest

from trunkline.eventlog.port import Page, Query
from trunkline.testkit.eventlog import event, events


# A query matches an event that carries every value it asks for; one that asks for nothing matches all.
@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (Query(), True),
        (Query(id="id-3"), True),
        (Query(id="id-3", subject="customer-3", correlation=f"{4:032x}"), True),
        (Query(id="id-3", subject="customer-4"), False),
        (Query(correlation="0" * 32), False),
        (Query(id="id-4"), False),
        (Query(before=4), True),
        (Query(before=3), False),
    ],
)
def test_a_query_wants_every_value(query, matches):
    assert query.matches(3, event(3)) is matches


# A page knows where to read on.
def test_next_is_after_the_last():
    assert Page("s", 7, events(0, 3)).next == 10
    assert Page("s", 7, []).next == 7
