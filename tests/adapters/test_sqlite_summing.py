"""Parts of a span are cut where totals begin and end; flows are chosen by their numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.sqlite.summing import chosen_of, cut
from trunkline.kernel.rollup import MINUTE
from trunkline.observe.rollups import Part

ends = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


# What is before, in and after the totals is each beginning of the part once, the middle all within them.
@given(ends, ends)
def test_a_part_is_cut(span, totals):
    part = Part(MINUTE, *span)
    pieces = [range(one.since, one.until) for one in cut(part, *totals)]
    assert [at for piece in pieces for at in piece] == list(range(*span))
    assert list(pieces[1]) == [at for at in range(*span) if at in range(*totals)]


# None stands for all flows, also where all are named; a flow that is not known is none.
def test_flows_are_chosen():
    names = {1: "a", 2: "b"}
    assert chosen_of(names, ()) is chosen_of(names, ("a", "b", "c")) is None
    assert chosen_of(names, ("b",)) == [2]
    assert chosen_of(names, ("c",)) == []
