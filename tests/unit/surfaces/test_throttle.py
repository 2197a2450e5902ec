"""A token is tried a few times at once and then slowly, from one address and from all together."""

from __future__ import annotations

from trunkline.surfaces.throttle import ADDRESSES, FROM_ALL, FROM_ONE, Throttle
from trunkline.testkit.clock import ManualClock


# After some tries at once an address has to wait for as long as it is told; others do not.
async def test_one_address():
    clock = ManualClock()
    throttle = Throttle(clock)
    assert [throttle.take("10.0.0.5") for _ in range(FROM_ONE.burst + 1)] == [0] * FROM_ONE.burst + [12]
    assert throttle.take("10.0.0.6") == 0
    clock.advance(11)
    assert throttle.take("10.0.0.5") == 1
    clock.advance(1)
    assert (throttle.take("10.0.0.5"), throttle.take("10.0.0.5")) == (0, 12)


# All addresses together have a bound too, and what it turns away costs no address a try.
async def test_all_addresses():
    clock = ManualClock()
    throttle = Throttle(clock)
    assert [throttle.take(f"10.0.0.{n}") for n in range(FROM_ALL.burst)] == [0] * FROM_ALL.burst
    assert [throttle.take("10.9.9.9") for _ in range(9)] == [2] * 9
    clock.advance(2)
    assert throttle.take("10.9.9.9") == 0


# Who has an IPv6 address has its whole network.
def test_networks():
    throttle = Throttle(ManualClock())
    tries = [throttle.take(f"2001:db8::{n}") for n in range(1, FROM_ONE.burst + 2)]
    assert tries == [0] * FROM_ONE.burst + [12]
    assert throttle.take("2001:db8:0:1::1") == 0


# What succeeded does not count.
def test_given_back():
    throttle = Throttle(ManualClock())
    for _ in range(10 * FROM_ALL.burst):
        assert throttle.take("10.0.0.5") == 0
        throttle.give_back("10.0.0.5")


# However many addresses try, few are remembered.
def test_bounded():
    clock = ManualClock()
    throttle = Throttle(clock)
    for n in range(ADDRESSES + 50):
        throttle.take(f"host-{n}")
    assert len(throttle._by_address) == ADDRESSES
