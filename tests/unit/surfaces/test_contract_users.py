"""``trunkline contract users``: who is still on a version that is on its way out."""

from __future__ import annotations

import json

WHY = ("--why", "as agreed")


# Nothing is listed before something is deprecated; then each user is, with its count and its last event.
def test_users(trunkline, orders):
    trunkline("contract", "register", "--all", *WHY)
    trunkline("publish", "order", "--file", orders(1, order_id="before", event_id="before"))
    assert trunkline("contract", "users") == (0, "No version is deprecated or retired.\n", "")
    trunkline("contract", "deprecate", "order@1.0.0", "--sunset", "2999-01-01", *WHY)
    trunkline("publish", "order", "--file", orders(3))
    code, out, _ = trunkline("contract", "users")
    assert (code, out.splitlines()[0].startswith("order@1.0.0 is deprecated until 2999-01-01T00:00:00Z")) == (
        0,
        True,
    )
    assert [line.split()[:3] for line in out.splitlines() if line.startswith(("source", "flow"))] == [
        ["source", "publish/order@1", "3"],
        ["source", "shop/order", "0"],
        ["flow", "orders-to-warehouse", "0"],
    ]
    found = json.loads(trunkline("contract", "users", "--json")[1])
    assert (found["contract"], found["whole"], len(found["users"])) == ("order@1.0.0", True, 3)


# What is not all since the deprecation says so.
def test_the_latest_events(trunkline, orders):
    trunkline("contract", "register", "--all", *WHY)
    trunkline("publish", "order", "--file", orders(3))
    out = trunkline("contract", "users", "order@1.0.0", "--last", 1)[1]
    assert "--last looks further back" in out


# A version that is not there is a usage error.
def test_an_unknown_version(trunkline, orders):
    trunkline("contract", "register", "--all", *WHY)
    trunkline("publish", "order", "--file", orders(1))
    code, _, err = trunkline("contract", "users", "order@7")
    assert (code, "order has no version 7" in err) == (2, True)
