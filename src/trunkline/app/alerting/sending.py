"""Sends the messages that are stored: at least once, those of a route in their order, until they arrive.

A message that fails is visible: as a signal, in ``trunkline alerts list --unsent``, and as an alert of its
own by another route. It is given up after a day, or where its receiver wants no more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from trunkline.adapters.notify.services import AppriseServices
from trunkline.adapters.notify.webhook import SignedWebhook
from trunkline.app.alerting.settings import Route
from trunkline.app.alerting.wording import letter_of
from trunkline.app.backbone import Backbone
from trunkline.kernel.errors import DeliveryError, Final, SecretUnavailable, StoreError
from trunkline.kernel.signals import NoticeFailed
from trunkline.observe.alerts.channel import Channel
from trunkline.observe.alerts.notices import Message, failed, sent

LOOK_SECONDS = 5.0
SEND_SECONDS = 30.0
_AT_A_TIME = 1_000

Channels = Callable[[str], Channel | None]
"""Returns the channel of a route by its name; None where there is none any more."""


def channels_of(backbone: Backbone) -> Channels:
    """Return what makes the channels of a project's routes."""
    routes = backbone.project.settings.alerts.routes
    return lambda name: channel_of(routes[name], backbone) if name in routes else None


def channel_of(route: Route, backbone: Backbone) -> Channel:
    """Return the channel of a route; its secrets are read anew for each letter."""
    if route.webhook is not None:
        clock = backbone.machine.clock
        return SignedWebhook(route.webhook.url, route.webhook.secret, backbone.secrets, clock)
    assert route.apprise is not None
    return AppriseServices(route.apprise, backbone.secrets)


class Sender:
    """Sends what waits, when it is due."""

    def __init__(self, backbone: Backbone, channels: Channels) -> None:
        self._backbone = backbone
        self._channels = channels
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: a message was stored."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            with contextlib.suppress(StoreError):  # what was not noted is sent again, under the same id
                await self.send_due()
            waits = [
                asyncio.ensure_future(self._woken.wait()),
                asyncio.ensure_future(self._backbone.machine.clock.sleep(LOOK_SECONDS)),
            ]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            self._woken.clear()

    async def send_due(self) -> None:
        """Send what is due, every route by itself."""
        routes: dict[str, list[Message]] = {}
        for message in await self._backbone.alerts.messages("waiting", _AT_A_TIME):
            routes.setdefault(message.route, []).append(message)
        await asyncio.gather(*(self._send_in_order(several) for several in routes.values()))

    async def _send_in_order(self, several: list[Message]) -> None:
        """Send messages of one route; the first that has to wait lets the later ones wait."""
        for message in several:
            if message.due > self._backbone.machine.clock.now():
                return
            done = await self._attempt(message)
            await self._backbone.alerts.settle(done)
            if done.state != "sent":
                self._backbone.machine.signals.emit(
                    NoticeFailed(
                        done.id,
                        done.route,
                        done.attempts,
                        done.kind,
                        done.detail,
                        int(done.state == "failed"),
                    )
                )
            if done.state == "waiting":
                return

    async def _attempt(self, message: Message) -> Message:
        machine, project = self._backbone.machine, self._backbone.project.settings.project
        fault, final = ("route", "there is no such route any more"), True
        channel = self._channels(message.route)
        if channel is not None:
            fault, final = await attempt(channel, message, project)
            if fault == ("", ""):
                return sent(message, machine.clock.now())
        return failed(message, fault, machine.clock.now(), machine.ids.chance(), final=final)


async def attempt(channel: Channel, message: Message, project: str) -> tuple[tuple[str, str], bool]:
    """Send a message once; return the kind and the text of what went wrong, both empty where nothing did."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await channel.send(letter_of(message, project))
    except DeliveryError as error:
        return (error.kind, error.detail), isinstance(error, Final)
    except SecretUnavailable as error:
        return ("secret", str(error)), False
    except TimeoutError:
        return ("timeout", f"it took longer than {SEND_SECONDS:g} s"), False
    except Exception as error:  # noqa: BLE001  whatever a service's library raises, the next message is sent
        return ("channel", f"the channel failed: {type(error).__name__}"), False
    return ("", ""), False
