"""What people do about alerts: acknowledge, silence, end a silence, try a route. Each is audited."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from trunkline.app.act import Act, Change
from trunkline.app.alerting.sending import attempt, channels_of
from trunkline.app.alerting.views import (
    LABEL_NAMES,
    AlertView,
    SilenceView,
    known,
    mutes_of,
    silence_view,
    view_of,
)
from trunkline.app.backbone import Backbone
from trunkline.app.project import unknown
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.roles import Role
from trunkline.kernel.signals import AlertAcknowledged
from trunkline.observe.alerts import machine
from trunkline.observe.alerts.machine import Alert, Explained
from trunkline.observe.alerts.muting import Silence
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import Changes

_TRIES = 5


class _OnAlerts(Act, frozen=True):
    role: ClassVar[Role] = "delivery"
    __test__: ClassVar[bool] = False  # pytest takes a class for tests by its name


class AcknowledgeAlert(_OnAlerts, frozen=True):
    """Answer for an alert that fires: nobody is reminded of it, and it is not escalated."""

    alert: str
    by: str
    why: str = ""

    def change(self, result: AlertView) -> Change:
        """Tell what state it is in now."""
        return Change("firing", result.state, 1)


class SilenceAlerts(_OnAlerts, frozen=True):
    """Have nobody told of alerts whose labels, ``rule`` and ``severity`` among them, fit ``where``.

    ``until`` is in microseconds. In each pattern ``*`` is any text.
    """

    where: dict[str, str]
    until: int
    by: str
    why: str

    def change(self, result: SilenceView) -> Change:
        """Tell until when."""
        return Change(after=f"{result.id} until {result.until}", count=1)


class EndSilence(_OnAlerts, frozen=True):
    """End a silence before its time."""

    silence: str
    by: str
    why: str = ""


class RouteTested(msgspec.Struct, frozen=True):
    """A test message went by a route; ``message`` is its identifier."""

    route: str
    message: str


class TestRoute(_OnAlerts, frozen=True):
    """Send a test message by a route, at once."""

    route: str
    by: str
    why: str = ""

    def change(self, result: Any) -> Change:  # noqa: ARG002  it says all there is to say
        """Tell that one message went."""
        return Change(count=1)


async def acknowledge_alert(backbone: Backbone, act: AcknowledgeAlert) -> AlertView:
    """Acknowledge an alert; one that is acknowledged already stays as it is.

    Raises ``UsageError`` where there is no such alert, or it does not fire.
    """
    now = backbone.machine.clock.now()
    for _ in range(_TRIES):
        alert = await known(backbone, act.alert)
        if alert.phase not in ("firing", "acknowledged"):
            raise UsageError(f"alert {alert.id} is {alert.phase}: only one that fires is acknowledged")
        done = machine.acknowledge(alert, act.by, act.why, now)
        if not done.transitions:
            return view_of(alert, await mutes_of(backbone))
        assert done.alert is not None
        if await backbone.alerts.commit(Changes([done.alert], (), done.transitions)):
            backbone.machine.signals.emit(AlertAcknowledged(alert.id, alert.rule, act.by))
            return view_of(done.alert, await mutes_of(backbone))
    raise TrunklineError(f"alert {act.alert} changes all the time: try again")


async def silence_alerts(backbone: Backbone, act: SilenceAlerts) -> SilenceView:
    """Silence alerts from now on; raises ``UsageError`` for a time that is over, or a label there is not."""
    now = backbone.machine.clock.now()
    if act.until <= now:
        raise UsageError(f"a silence until {to_rfc3339(act.until)} is over: give a time to come")
    for label in act.where:
        if label not in LABEL_NAMES:
            raise unknown("label", label, LABEL_NAMES)
    silence = Silence(backbone.machine.ids.uuid7(), act.where, now, act.until, act.by, act.why)
    await backbone.alerts.put_silence(silence)
    return silence_view(silence)


async def end_silence(backbone: Backbone, act: EndSilence) -> SilenceView:
    """End a silence; raises ``UsageError`` where none of that id is in force."""
    now = backbone.machine.clock.now()
    found = {one.id: one for one in await backbone.alerts.silences(now)}
    if act.silence not in found:
        raise unknown("silence", act.silence, found)
    ended = msgspec.structs.replace(found[act.silence], until=now, ended_by=act.by)
    await backbone.alerts.put_silence(ended)
    return silence_view(ended)


async def try_route(backbone: Backbone, act: TestRoute) -> RouteTested:
    """Send a test message; raises ``UsageError`` for an unknown route, ``TrunklineError`` where it fails."""
    routes = backbone.project.settings.alerts.routes
    channel = channels_of(backbone)(act.route)
    if channel is None:
        raise unknown("route", act.route, routes)
    now = backbone.machine.clock.now()
    text = Explained(f"{act.by} tries route {act.route}", "", "nothing to do")
    alert = Alert(
        backbone.machine.ids.uuid7(), "test", {"route": act.route}, "info", "firing", now, explained=text
    )
    message = Message(backbone.machine.ids.uuid7(), act.route, now, (Told("test", alert),), now)
    (kind, detail), _ = await attempt(channel, message, backbone.project.settings.project)
    if kind:
        raise TrunklineError(f"route {act.route} does not work: {kind}: {detail}")
    return RouteTested(act.route, message.id)
