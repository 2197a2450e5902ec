"""Every limit is a positive bound, and an unknown one is refused."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.kernel.limits import Limits


def test_every_default_is_a_positive_bound():
    assert all(value > 0 for value in msgspec.structs.asdict(Limits()).values())


def test_a_page_fits_into_what_may_wait():
    limits = Limits()
    assert limits.page_events <= limits.pending_events
    assert limits.event_bytes <= limits.page_bytes <= limits.pending_bytes


def test_an_unknown_limit_is_refused():
    with pytest.raises(msgspec.ValidationError, match="bodybytes"):
        msgspec.convert({"bodybytes": 1}, Limits)
