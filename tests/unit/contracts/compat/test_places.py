"""Places in a value."""

from __future__ import annotations

from trunkline.contracts.compat.places import Gap, Place


# A place within another knows the facts of what is around it, and a gap is entered from outside.
def test_inside():
    outer, inner = ({"type": "object"},), ({"type": "array"},)
    place = Place().inner("a", outer).inner(0, inner)
    assert place == Place(("a", 0), (outer, inner))
    gap = Gap(place.path, (), False, place.around)
    assert gap.entered() == (outer, Gap((0,), (), False, (inner,)))


# Where the path begins above what is known, nothing is said of what is around it.
def test_above():
    assert Gap(("a", "b"), (), False, ((),)).entered() == ((), Gap(("b",), (), False, ((),)))
