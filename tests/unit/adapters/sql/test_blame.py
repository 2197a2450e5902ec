"""The search for items to blame finds what would have failed one by one, with few tries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.sql.blame import search, verdicts
from trunkline.kernel.errors import Final

BAD = Final("constraint", "no")


def _hunt(records, refused):
    """Drive the search against a set of keys: a key that is there, or is refused, cannot be inserted."""
    kept, tries = set(), 0
    hunt = search(len(records))
    low, high = next(hunt)
    while True:
        tries += 1
        there, verdict = set(kept), None
        for record in records[low:high]:
            if record in refused or record in there:
                verdict = BAD
                break
            there.add(record)
        if verdict is None:
            kept = there
        try:
            low, high = hunt.send(verdict)
        except StopIteration as found:
            return found.value, kept, tries


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.frozensets(st.integers(0, 30)))
def test_the_guilty_are_those_that_fail_one_by_one(records, refused):
    """Refused records and repeats of earlier ones are blamed, and nobody else, in fewer than 2n tries."""
    guilty, kept, tries = _hunt(records, refused)
    taken, expected = set(), set()
    for place, record in enumerate(records):
        if record in refused or record in taken:
            expected.add(place)
        else:
            taken.add(record)
    assert set(guilty) == expected
    assert kept == taken
    assert tries < 2 * len(records)


def test_one_culprit_in_a_thousand_takes_few_tries():
    """The cost of one bad record grows with the logarithm of the batch."""
    guilty, _, tries = _hunt(list(range(1000)), {618})
    assert set(guilty) == {618}
    assert tries <= 21


def test_verdicts_stand_in_the_order_of_the_items():
    """Each item gets its answer in its place."""
    assert verdicts(3, {1: BAD}) == [None, BAD, None]
