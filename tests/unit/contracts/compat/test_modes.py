"""What each mode asks of a new version."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.difference import Change, Difference
from trunkline.contracts.compat.modes import directions, effect, owed


def change(backward="compatible", forward="compatible"):
    return Change(pointer="", kind="shape", detail="it differs", backward=backward, forward=forward)


# A plain mode looks at the last version, a transitive one at all, and "none" at no version.
@pytest.mark.parametrize(
    ("mode", "asked", "against"),
    [
        ("none", (), 0),
        ("backward", ("backward",), 1),
        ("forward_transitive", ("forward",), 3),
        ("full", ("backward", "forward"), 1),
        ("full_transitive", ("backward", "forward"), 3),
    ],
)
def test_what_a_mode_asks(mode, asked, against):
    assert (directions(mode), owed(mode, 3)) == (asked, against)
    assert owed(mode, 0) == 0


# The verdict is the worst of any change in any direction that is asked for.
def test_the_worst_counts():
    mild = Difference("practical", (change(), change(forward="undecided")))
    bad = Difference("practical", (change(backward="breaking"),))
    assert effect("backward", [mild]) == "compatible"
    assert effect("full", [mild]) == "undecided"
    assert effect("full_transitive", [mild, bad]) == "breaking"
    assert effect("none", [bad]) == "compatible"
    assert effect("full", [Difference("practical")]) == "compatible"
