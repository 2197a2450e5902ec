"""The lineup: one entry of a key at a time, keys side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.attempt import Entry
from trunkline.delivery.ledger import Case
from trunkline.delivery.lineup import Lineup


def always():
    return 100


def lineup_of(keys):
    lineup = Lineup()
    for offset, key in enumerate(keys):
        lineup.add(Entry(offset, key, None))
    return lineup


# However calls end, two entries of one key are never taken together, and each key's come in order.
@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30), st.randoms(use_true_random=False))
def test_keys_keep_their_order_and_go_one_at_a_time(keys, chance):
    lineup, under_way, seen = lineup_of(keys), [], []
    while lineup.active:
        if lineup.ready and chance.random() < 0.6:
            under_way += lineup.take(chance.randint(1, 3), always)
            named = [entry.key for entry in under_way if entry.key]
            assert len(named) == len(set(named))
        elif under_way:
            entry = under_way.pop(chance.randrange(len(under_way)))
            if chance.random() < 0.2:
                lineup.put_back(entry)
                continue
            seen.append((entry.key, entry.offset))
            lineup.settle(entry)
    for key in "abc":
        assert [offset for k, offset in seen if k == key] == [n for n, k in enumerate(keys) if k == key]
    assert len(seen) == len(keys)


# Entries without a key wait for nobody.
def test_entries_without_a_key_are_all_ready():
    assert lineup_of(["", "", "a", "a", ""]).ready == 4


# A failed entry takes its lane out with it; a newer entry of the key begins a new lane.
def test_clearing_a_lane_returns_what_was_behind():
    lineup = lineup_of(["a", "a", "b", "a"])
    head, other = lineup.take(2, always)
    assert [entry.offset for entry in lineup.clear_lane(head)] == [1, 3]
    assert lineup.active == 1
    lineup.add(Entry(9, "a", None))
    assert [entry.offset for entry in lineup.take(5, always)] == [9]
    assert other.key == "b"


def failed(offset, key):
    return Entry(offset, key, None, Case(offset, key, "waiting", holds=True, attempts=1))


# Retries that may not be made yet are put off and others go first; taken up, they go before all others.
def test_retries_are_put_off_and_taken_up_in_their_order():
    lineup = Lineup()
    for entry in (failed(0, "a"), failed(1, "b"), Entry(2, "c", None), failed(3, "d"), Entry(4, "e", None)):
        lineup.add(entry)
    assert [entry.offset for entry in lineup.take(2, lambda: 1)] == [0, 2]
    assert (lineup.put_off, lineup.ready) == (1, 2)
    lineup.take_up(5)
    assert [entry.offset for entry in lineup.take(5, always)] == [1, 3, 4]


# A probe is an event not known to fail, or a retry where there is no other.
def test_a_probe_is_not_known_to_fail():
    lineup = Lineup()
    for entry in (failed(0, "a"), Entry(1, "b", None)):
        lineup.add(entry)
    assert [entry.offset for entry in lineup.take_probe()] == [1]
    assert [entry.offset for entry in lineup.take_probe()] == [0]
    assert lineup.take_probe() == []
