"""The gate: an absent target costs one probe a pause, a present one costs nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.delivery.gate import OPEN, REFUSALS, away, calls, refused
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, Retryable

GONE = Retryable("connect", "nobody there")


# While the target is there, as many calls begin as it takes.
def test_an_open_gate_lets_calls_through_up_to_the_targets_concurrency():
    assert calls(OPEN, now=0, under_way=3, concurrency=64) == 61


# After a failure that blames nobody nothing is sent; after the pause one probe is.
def test_a_closed_gate_lets_one_probe_through_after_its_pause():
    gate = away(OPEN, GONE, now=0, chance=0.0)
    assert gate.until == SECOND // 2
    assert calls(gate, gate.until - 1, 0, 64) == 0
    assert calls(gate, gate.until, 0, 64) == 1
    assert calls(gate, gate.until, 1, 64) == 0


# Sixty-four calls that fail together are one failure.
def test_calls_that_fail_together_close_the_gate_once():
    gate = away(OPEN, GONE, now=0, chance=0.5)
    assert away(gate, GONE, now=1, chance=0.5) == gate


# Pauses grow to a minute and not beyond, however long the outage.
@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=20, max_size=60))
def test_pauses_grow_to_a_minute(chances):
    gate, now, pauses = OPEN, 0, []
    for chance in chances:
        gate = away(gate, GONE, now, chance)
        pauses.append((gate.until - now) / SECOND)
        now = gate.until
    assert pauses[0] <= 1
    assert all(30 <= pause <= 60 for pause in pauses[8:])


# The target's own wish is followed, up to an hour.
def test_the_targets_wish_lengthens_the_pause():
    assert away(OPEN, Retryable("http-429", "slow down", 90.0), 0, 0.5).until == 90 * SECOND
    assert away(OPEN, Retryable("http-429", "slow down", 1e9), 0, 0.5).until == 3600 * SECOND
    assert away(OPEN, Final("no-table", "there is no table"), 0, 0.0).until == SECOND // 2


# A few refused calls are a matter of those events; many in a row are a matter of the target.
def test_many_refusals_in_a_row_close_the_gate():
    gate = OPEN
    for _ in range(REFUSALS - 1):
        gate = refused(gate, GONE, 0, 0.5)
    assert calls(gate, 0, 0, 64) == 64
    gate = refused(gate, GONE, 0, 0.5)
    assert calls(gate, 0, 0, 64) == 0
    assert (gate.kind, gate.detail) == ("connect", "nobody there")


# A probe that is refused closes the gate again at once.
def test_a_refused_probe_closes_the_gate_again():
    gate = away(OPEN, GONE, 0, 0.0)
    again = refused(gate, GONE, gate.until, 0.0)
    assert again.until - gate.until == SECOND
