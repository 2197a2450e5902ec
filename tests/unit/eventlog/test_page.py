"""Pages come back as they were, and nothing else opens as a page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from trunkline.eventlog import page as page_module
from trunkline.eventlog.page import FORMAT, PageCodec
from trunkline.eventlog.port import Page
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.errors import Corrupt
from trunkline.kernel.event import Event
from trunkline.testkit.eventlog import events

CODEC = PageCodec(Sealer(bytes(range(32))))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INSTANT = st.integers(-(2**63), 2**63 - 1)
EVENT = st.builds(
    Event, TEXT, TEXT, TEXT, TEXT, INSTANT, INSTANT, TEXT, TEXT, st.binary(max_size=60), TEXT, TEXT
)
PAGE = st.builds(Page, TEXT, st.integers(0, 2**63 - 1), st.lists(EVENT, max_size=12))


# Any events whatever, few or many alike in a column, come back equal.
@given(PAGE)
def test_round_trip(page):
    assert CODEC.decode(page.stream, page.base, len(page.events), CODEC.encode(page)) == page


# A page with a single flipped bit, wherever it is, does not open.
@given(PAGE, st.data())
def test_any_flipped_bit_is_refused(page, data):
    stored = bytearray(CODEC.encode(page))
    bit = data.draw(st.integers(0, 8 * len(stored) - 1))
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Corrupt):
        CODEC.decode(page.stream, page.base, len(page.events), bytes(stored))


# A whole page in another place (stream, base offset or count) does not open, and the message names the place.
@pytest.mark.parametrize("place", [("orders", 7, 3), ("order", 8, 3), ("order", 7, 2), ("order", 7, 4)])
def test_a_page_is_bound_to_its_place(place):
    stored = CODEC.encode(Page("order", 7, events(0, 3)))
    with pytest.raises(Corrupt, match=f"page {place[0]}@{place[1]}"):
        CODEC.decode(*place, stored)


# A page of a format that a later release may write is refused by name.
def test_an_unknown_format_is_named():
    stored = CODEC.encode(Page("order", 0, events(0, 1)))
    assert stored[0] == FORMAT
    with pytest.raises(Corrupt, match="format 7f is not known"):
        CODEC.decode("order", 0, 1, b"\x7f" + stored[1:])
    with pytest.raises(Corrupt, match="format missing"):
        CODEC.decode("order", 0, 1, b"")


# What was sealed with our key and is not a page's columns is refused too, whatever the unpacking says.
@pytest.mark.parametrize("packed", [b"", b"no zstd"])
def test_what_cannot_be_unpacked_is_corrupt(packed):
    sealer = Sealer(bytes(range(32)))
    header = b"page\x01" + bytes(8) + (1).to_bytes(4, "little") + b"order"
    with pytest.raises(Corrupt, match="cannot be unpacked"):
        CODEC.decode("order", 0, 1, b"\x01" + sealer.seal(packed, header))


# Threads may share a codec: each has its own compressor.
def test_threads_share_a_codec():
    pages = [Page("order", base, events(base, 50)) for base in range(0, 4_000, 50)]
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(CODEC.encode, pages))
        opened = pool.map(lambda page, body: CODEC.decode("order", page.base, 50, body), pages, stored)
        assert list(opened) == pages


# Columns that repeat themselves cost next to nothing: a page of equal orders is small.
def test_repetition_is_not_stored():
    alike = [Event("1", "s" * 500, "t" * 500, "", 0, 0, "c" * 500, "", b"x" * 500)] * 1_000
    assert len(CODEC.encode(Page("order", 0, alike))) < 1_000


# A page of an earlier release opens: of those that knew of no casts all events were given as they are, and
# of those that kept no parents none has one.
@pytest.mark.parametrize("known", [9, 10])
def test_a_page_of_an_earlier_release(known):
    codec = PageCodec(Sealer(bytes(range(32))))
    page = Page("order", 0, events(0, 3))
    columns = page_module._to_columns(page.events)
    theirs = [getattr(columns, name) for name in columns.__struct_fields__[:known]]
    packed = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(theirs))
    header = b"page\x01" + bytes(8) + (3).to_bytes(4, "little") + b"order"
    stored = b"\x01" + Sealer(bytes(range(32))).seal(packed, header)
    assert codec.decode("order", 0, 3, stored) == page
