"""An event that is picked out of a page is the one that stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.eventlog.test_page import CODEC, PAGE

from trunkline.eventlog.page import PageCodec
from trunkline.eventlog.picking import matching
from trunkline.eventlog.port import Page, Query
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.event import Stored
from trunkline.testkit.eventlog import events


def picked(page, query, codec=CODEC):
    """Pick from a page as it is stored."""
    return matching(codec, page.stream, page.base, len(page.events), CODEC.encode(page), query)


def matches(page, query):
    """Look at each event of a page."""
    found = [
        Stored(page.stream, page.base + index, event, page.base)
        for index, event in enumerate(page.events)
        if query.matches(page.base + index, event)
    ]
    return found[::-1][: query.limit]


# Whatever is asked of any page, what is picked is what matches when each event is looked at, newest first.
@given(PAGE, st.data())
def test_picks_what_matches(page, data):
    one = data.draw(st.sampled_from(page.events)) if page.events else None
    values = {
        name: data.draw(st.sampled_from(["", getattr(one, name), "other"])) if one else ""
        for name in ("id", "correlation", "subject")
    }
    before = data.draw(st.none() | st.integers(page.base, page.base + 12))
    query = Query(limit=data.draw(st.integers(1, 12)), before=before, **values)
    assert picked(page, query) == matches(page, query)


# Every place of a page can be picked, however its length is written: up to 15 in one byte, then in three.
@pytest.mark.parametrize("count", [1, 15, 16, 300])
def test_every_place_can_be_picked(count):
    page = Page("order", 7, events(0, count))
    for index, event in enumerate(page.events):
        assert picked(page, Query(id=event.id)) == [Stored("order", 7 + index, event, 7)]


# A page that was sealed with another key, or stands in another place, is refused and not looked into.
def test_another_page_is_refused():
    page = Page("order", 7, events(0, 3))
    with pytest.raises(Corrupt, match="order@7"):
        picked(page, Query(id="none"), PageCodec(Sealer(bytes(32))))
    with pytest.raises(Corrupt, match="order@8"):
        matching(CODEC, "order", 8, 3, CODEC.encode(page), Query(id="none"))
