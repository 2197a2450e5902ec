"""``trunkline trace`` tells the whole way of one event, or that nothing is known of it."""

from __future__ import annotations

import json


# By correlation or id: the event, and its fate in each flow with every attempt.
def test_a_trace(trunkline, orders, bury):
    [receipt] = trunkline("publish", "order", "--file", orders(1), "--json")[1].splitlines()
    bury([0], cursor=1)
    correlation = json.loads(receipt)["correlation"]
    by_correlation = trunkline("trace", correlation)
    assert by_correlation == trunkline("trace", "e0")
    code, out, _ = by_correlation
    assert code == 0
    assert "dead-lettered  flow orders-to-warehouse" in out
    assert out.count("dead-lettered") == 1
    assert "http-422: the shop refused it" in out
    assert "ada@example.com" not in out


# A refused arrival has a trace as well.
def test_a_refused_arrival(trunkline, orders):
    [receipt] = trunkline("publish", "order", "--file", orders(1, status="lost"), "--json")[1].splitlines()
    code, out, _ = trunkline("trace", json.loads(receipt)["correlation"])
    assert code == 0
    assert "quarantine" in out
    assert "/status" in out


# Nothing known ends with 1.
def test_nothing(trunkline, orders):
    trunkline("publish", "order", "--file", orders(1))
    assert trunkline("trace", "nothing") == (1, "", "Nothing is known of nothing.\n")
