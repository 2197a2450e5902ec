"""Since when a value has been the same follows from its print, and from when its place was written."""

from __future__ import annotations

import pytest

from trunkline.vault.age import KnownValue, known


# A value that is seen first is as old as its place says at least, or new where the place cannot tell.
@pytest.mark.parametrize(("written", "since"), [(None, 100), (40, 40), (100, 100), (160, 100)])
def test_seen_first(written, since):
    assert known(None, "a", 100, written) == KnownValue("a", since)


# The same value keeps its age, whatever was written beside it; another one begins anew.
def test_the_same_and_another():
    before = KnownValue("a", 10)
    assert known(before, "a", 100, 90) is before
    assert known(before, "b", 100, 90) == KnownValue("b", 90)
    assert known(before, "b", 100, None) == KnownValue("b", 100)
