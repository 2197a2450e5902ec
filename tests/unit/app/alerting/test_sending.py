"""Messages are sent at least once, in the order of their route, and what does not arrive is seen."""

from __future__ import annotations

import asyncio

import pytest

from trunkline.adapters.notify.services import AppriseServices
from trunkline.adapters.notify.webhook import SignedWebhook
from trunkline.app.alerting.sending import Sender, channel_of, channels_of
from trunkline.app.alerting.settings import Route, WebhookSettings
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, SecretUnavailable
from trunkline.kernel.signals import NoticeFailed
from trunkline.observe.alerts.machine import Alert
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import Changes
from trunkline.testkit.clock import START


def message(name, route="chat", due=0):
    alert = Alert(f"a-{name}", "late", {"flow": name}, "ticket", "firing", 1, fired_at=1)
    return Message(name, route, START + due, (Told("fired", alert),), START + due)


@pytest.fixture
def stored(backbone):
    async def put(*several):
        await backbone.alerts.commit(Changes(messages=several))

    return put


def failures(duty):
    return [one for one in duty.signals if isinstance(one, NoticeFailed)]


# What arrived is not sent again.
async def test_sent_once(duty, backbone, stored):
    await stored(message("m1"))
    await duty.sender.send_due()
    await duty.sender.send_due()
    assert [one.id for one in duty.post("chat").letters] == ["m1"]
    assert [one.id for one in await backbone.alerts.messages("sent", 9)] == ["m1"]


# One that fails waits and lets later ones of its route wait; other routes go on. Then all arrive in order.
async def test_order_of_a_route(duty, backbone, stored):
    await stored(message("m1"), message("m2"), message("m3", "oncall"))
    duty.refuse("chat")
    await duty.sender.send_due()
    assert [one.id for one in duty.post("oncall").letters] == ["m3"]
    [failure] = failures(duty)
    assert (failure.message, failure.attempts, failure.kind, failure.given_up) == ("m1", 1, "http-503", False)
    duty.post("chat").refuses = None
    await duty.sender.send_due()
    assert duty.post("chat").letters == []
    backbone.machine.clock.advance(5)
    await duty.sender.send_due()
    assert [one.id for one in duty.post("chat").letters] == ["m1", "m2"]


# A receiver that wants no more is not asked again about this message, and hears of the next.
async def test_given_up(duty, backbone, stored):
    await stored(message("m1"), message("m2"))
    duty.refuse("chat", Final("http-410", "gone"))
    await duty.sender.send_due()
    assert [(one.message, one.given_up) for one in failures(duty)] == [("m1", True), ("m2", True)]
    assert [one.id for one in await backbone.alerts.messages("failed", 9)] == ["m2", "m1"]


# Whatever a channel raises is its own failure, told without the text, which may hold anything.
@pytest.mark.parametrize(
    ("error", "kind"),
    [(RuntimeError("token hunter2"), "channel"), (SecretUnavailable("secret://a/b has no value"), "secret")],
)
async def test_whatever_is_raised(duty, stored, error, kind):
    await stored(message("m1"))
    duty.refuse("chat", error)
    await duty.sender.send_due()
    [failure] = failures(duty)
    assert (failure.kind, failure.given_up) == (kind, False)
    assert "hunter2" not in failure.detail


# A message of a route that is no more is given up, and seen.
async def test_a_route_that_went(backbone, duty, stored):
    await stored(message("m1", "pager"))
    await Sender(backbone, channels_of(backbone)).send_due()
    [failure] = failures(duty)
    assert (failure.kind, failure.given_up) == ("route", True)


# Each route has the channel that it says.
def test_channels(backbone):
    hook = Route(webhook=WebhookSettings("secret://a/url", "secret://a/key"))
    assert isinstance(channel_of(hook, backbone), SignedWebhook)
    assert isinstance(channels_of(backbone)("oncall"), AppriseServices)
    assert channels_of(backbone)("pager") is None


# While it runs it sends what is stored as soon as it is told, and looks by itself for what is due.
async def test_runs(duty, backbone, stored):
    running = asyncio.create_task(duty.sender.run())

    async def arrived(count):
        while len(duty.post("chat").letters) < count:
            await asyncio.sleep(0.001)
            if backbone.machine.clock.next_wake and not running.done():
                duty.sender.wake()

    await stored(message("m1"))
    duty.sender.wake()
    async with asyncio.timeout(20):
        await arrived(1)
        await stored(message("m2", due=2 * SECOND))
        backbone.machine.clock.advance(5)
        await arrived(2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [one.id for one in duty.post("chat").letters] == ["m1", "m2"]
