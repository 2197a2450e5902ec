"""Two schemas compared."""

from __future__ import annotations

from trunkline.contracts.compat.compare import compare

INTEGER, SMALL = {"type": "integer"}, {"type": "integer", "maximum": 5}


# A schema is compatible with itself; a bound that is added breaks readers of old documents only.
def test_a_bound_that_is_added():
    assert compare(INTEGER, INTEGER).changes == ()
    found = compare(INTEGER, SMALL)
    assert (found.effect("backward"), found.effect("forward")) == ("breaking", "compatible")
