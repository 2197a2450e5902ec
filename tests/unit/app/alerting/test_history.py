"""One alert's history, and ways to people."""

from __future__ import annotations

import pytest

from trunkline.app.alerting.history import alert_history, routes, windows
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import UsageError
from trunkline.observe.alerts.machine import Alert, Transition
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import Changes


@pytest.fixture
async def stored(backbone):
    """Have an alert fire, be told of by one route and missed by another, and be taken."""
    one = Alert("a", "late", {"flow": "orders"}, "page", "acknowledged", 0, None, fired_at=10 * SECOND)
    other = Alert("b", "late", {"flow": "stock"}, "page", "firing", 0, None, fired_at=10 * SECOND)
    backbone.machine.clock.advance(60)
    moved = [
        Transition("a", "late", 1, "firing", 10 * SECOND, 10 * SECOND),
        Transition("b", "late", 1, "firing", 11 * SECOND, 10 * SECOND),
        Transition("a", "late", 2, "acknowledged", 30 * SECOND, 10 * SECOND, "ada", "mine"),
    ]
    told = (Told("fired", one), Told("fired", other))
    messages = [
        Message("m1", "chat", 12 * SECOND, told, 12 * SECOND, "sent", 1, 13 * SECOND),
        Message("m2", "oncall", 12 * SECOND, told, 90 * SECOND, "waiting", 2, 0, "connect", "refused"),
    ]
    assert await backbone.alerts.commit(Changes([one, other], (), moved, messages))


# What happened to one alert, and which messages told of it, comes in order of time; of others nothing.
@pytest.mark.usefixtures("stored")
async def test_history(backbone):
    told = await alert_history(backbone, "a")
    assert [(one.what, one.by, one.why, one.route, one.state) for one in told.happened] == [
        ("began", "", "", "", ""),
        ("firing", "", "", "", ""),
        ("told", "", "", "chat", "sent"),
        ("told", "", "", "oncall", "waiting"),
        ("acknowledged", "ada", "mine", "", ""),
    ]
    assert told.happened[0].detail == "its condition held for 10 s before it fired"
    assert told.happened[3].detail == "that it fires: connect: refused"
    with pytest.raises(UsageError, match='no alert "c"'):
        await alert_history(backbone, "c")


# The way to people that does not work comes first, with why and when it is tried again.
@pytest.mark.usefixtures("stored")
async def test_routes(backbone):
    first, second = await routes(backbone)
    assert (first.name, first.waiting, first.failed, first.detail) == ("oncall", 1, 0, "connect: refused")
    assert first.due == "1970-01-01T00:01:30Z"
    assert (second.name, second.waiting, second.via) == ("chat", 0, "apprise")
    assert windows(backbone) == []
