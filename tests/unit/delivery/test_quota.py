"""A system's limits hold over all of its targets, and each of them has its turn."""

from __future__ import annotations

from trunkline.delivery.quota import NEVER, Quota
from trunkline.kernel.clock import SECOND


def bell(name, rung):
    def ring():
        rung.append(name)

    return ring


# Calls begin as far apart as the system asks, whoever makes them; one that was not made costs nothing.
def test_the_rate_is_shared():
    quota, rung = Quota(calls_per_second=2), []
    one, other = bell("one", rung), bell("other", rung)
    assert quota.take(0, one) == 0
    assert quota.take(0, other) == SECOND // 2
    assert quota.take(SECOND // 2, other) == 0
    quota.give_back(unused=True)
    assert quota.take(SECOND // 2, one) == 0


# No more calls are under way than the system allows; the first in line is rung, and nobody goes before it.
def test_the_concurrency_is_shared_in_turn():
    quota, rung = Quota(concurrency=1), []
    busy, waiting = bell("busy", rung), bell("waiting", rung)
    assert quota.take(0, busy) == 0
    assert quota.take(0, waiting) == NEVER
    quota.give_back()
    assert rung == ["waiting"]
    assert quota.take(0, busy) == NEVER
    assert quota.take(0, waiting) == 0


# Who leaves the line makes room for the next.
def test_who_leaves_lets_the_next_ask():
    quota, rung = Quota(concurrency=1), []
    gone, waiting = bell("gone", rung), bell("waiting", rung)
    quota.take(0, bell("busy", rung))
    quota.take(0, gone)
    quota.take(0, waiting)
    quota.leave(gone)
    assert rung == ["waiting"]
