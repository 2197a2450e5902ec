"""Messages: what goes out together, and when what failed is sent again."""

from __future__ import annotations

import itertools

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.machine import Alert, Notice
from trunkline.observe.alerts.notices import GIVEN_UP_SECONDS, LONGEST_SECONDS, failed, messages, sent


def notice(name, target, event="fired", severity="page", to=("oncall",)):
    return Notice(event, Alert(name, "late", {"flow": name, "target": target}, severity, "firing", 1), to)


def grouped(*several):
    ids = (f"m{n}" for n in itertools.count(1))
    made = messages(several, ["target"], 7, lambda: next(ids))
    return [(one.id, one.route, [told.alert.id for told in one.alerts]) for one in made]


# One message a route tells of everything with equal labels, so an outage is one message and not a hundred.
def test_groups():
    assert grouped(
        notice("a", "erp.stock"),
        notice("b", "shop.stock", to=("oncall", "shop")),
        notice("c", "erp.stock"),
    ) == [("m1", "oncall", ["a", "c"]), ("m2", "oncall", ["b"]), ("m3", "shop", ["b"])]


# Pages are kept apart from tickets, what is over from what is not and before it; what goes nowhere makes no
# message.
def test_kept_apart():
    assert grouped(
        notice("a", "erp.stock"),
        notice("b", "erp.stock", severity="ticket"),
        notice("c", "erp.stock", event="resolved"),
        notice("d", "erp.stock", to=()),
    ) == [("m1", "oncall", ["c"]), ("m2", "oncall", ["a"]), ("m3", "oncall", ["b"])]


# What failed is sent again after twice as long each time, up to ten minutes, under the same identifier.
def test_backoff():
    [message] = messages([notice("a", "erp.stock")], [], 0, lambda: "m1")
    waits = []
    for _ in range(10):
        again = failed(message, ("http-503", "it answered 503"), message.due, 0.5, final=False)
        waits.append((again.due - message.due) / SECOND)
        message = again
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert (message.id, message.state, message.attempts, message.kind) == ("m1", "waiting", 10, "http-503")
    latest = failed(message, ("timeout", ""), message.due, 1.0, final=False)
    assert latest.due - message.due == LONGEST_SECONDS * 1.25 * SECOND


# It is given up where the receiver is gone for good, or after a day; what arrived is done.
def test_the_end_of_a_message():
    [message] = messages([notice("a", "erp.stock")], [], 5, lambda: "m1")
    assert failed(message, ("gone", ""), 9, 0.5, final=True).state == "failed"
    late = 5 + round(GIVEN_UP_SECONDS * SECOND)
    assert failed(message, ("timeout", ""), late - 1, 0.5, final=False).state == "waiting"
    assert (failed(message, ("timeout", ""), late, 0.5, final=False).done) == late
    arrived = sent(failed(message, ("timeout", "late"), 9, 0.5, final=False), 20)
    assert (arrived.state, arrived.attempts, arrived.done, arrived.detail) == ("sent", 2, 20, "")
