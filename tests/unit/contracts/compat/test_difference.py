"""The worst of some effects."""

from __future__ import annotations

from trunkline.contracts.compat.difference import worst


# Breaking is worse than undecided, and nothing at all is compatible.
def test_worst():
    assert worst(["compatible", "breaking", "undecided"]) == "breaking"
    assert worst(["undecided", "compatible"]) == "undecided"
    assert worst([]) == "compatible"
