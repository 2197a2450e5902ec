"""Pairing two groups."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts.compat.confluent_matching import matched


def most(edges, others):
    """Return how many pairs there can be, by trying every choice."""
    choices = [[None, *each] for each in edges]
    return max(
        sum(o is not None for o in choice)
        for choice in itertools.product(*choices)
        if len({o for o in choice if o is not None}) == sum(o is not None for o in choice)
    )


# There are as many pairs as there can be, each along an edge, and no member is in two.
@given(st.lists(st.lists(st.integers(0, 4), unique=True, max_size=5), max_size=5))
def test_as_many_as_there_can_be(edges):
    pairs = matched(edges)
    assert len(set(pairs.values())) == len(pairs) == most(edges, 5)
    assert all(other in edges[one] for one, other in pairs.items())
