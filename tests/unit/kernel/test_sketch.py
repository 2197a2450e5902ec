"""A sketch counts exactly, and its quantiles are as close as it says."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.sketch import EMPTY, RELATIVE_ERROR, UNIT_BITS, Sketch, sketch_of, unpacked

HALF_UNIT = 1 << (UNIT_BITS - 1)

spans = st.lists(st.one_of(st.integers(-(10**9), 10**5), st.integers(0, 10**14)), max_size=60)


# A quantile is the element of that rank within a 64th of it, or half a millisecond; below 0 counts as 0.
@given(spans.filter(bool), st.floats(0, 1))
def test_quantiles_are_within_the_error(given_spans, share):
    ordered = [max(0, span) for span in sorted(given_spans)]
    exact = ordered[max(1, math.ceil(share * len(ordered))) - 1]
    [found] = sketch_of(given_spans).quantiles(share)
    assert abs(found - exact) <= max(HALF_UNIT, exact * RELATIVE_ERROR)


# Adding sketches is counting everything together, and taking one away leaves the other.
@given(spans, spans)
def test_sketches_add_up(one, other):
    both = sketch_of([*one, *other])
    assert sketch_of(one) + sketch_of(other) == both
    assert both - sketch_of(other) == sketch_of(one)
    assert both.count == len(one) + len(other)
    assert both.ahead == sum(span < 0 for span in [*one, *other])


# What is packed comes back; nothing is no bytes.
@given(spans)
def test_packing(given_spans):
    sketch = sketch_of(given_spans)
    assert unpacked(sketch.packed()) == sketch
    assert (sketch.packed() == b"") == (not given_spans)


# Of nothing there is no quantile.
def test_an_empty_sketch():
    assert Sketch() == EMPTY == unpacked(None)
    assert EMPTY.quantiles(0.5, 0.99) == [None, None]
    assert (EMPTY.count, EMPTY.ahead) == (0, 0)


# A thousand spans close to each other, as those of one batch, are stored in a hundred bytes.
def test_a_batch_is_small():
    assert len(sketch_of(range(40_000, 60_000, 20)).packed()) <= 100
