"""What a user writes about alerts: in ``trunkline.yaml`` for the whole project, and in a flow's file."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from trunkline.app.quantities import Duration
from trunkline.app.settings import Name, Settings
from trunkline.observe.alerts.rule import Severity
from trunkline.vault.secret import SecretReference

Label: TypeAlias = Literal[
    "flow", "stream", "source", "target", "system", "contract", "route", "disk", "secret", "rule", "severity"
]
"""What an alert can be told apart by."""

Where: TypeAlias = dict[Label, str]
"""Patterns of labels, each a text in which ``*`` is any."""


class Alert(Settings, frozen=True):
    """When a person is to be told."""

    when: str
    """What is wrong: ``freshness > 60s``, ``dead_letters > 0``, ``failed > 2%``, a burn rate."""

    for_: Duration = msgspec.field(name="for", default="0s")
    """For how long it has to be so."""

    keep: Duration = "1m"
    """For how long it has to be over before it counts as over: what comes back meanwhile is no news."""

    severity: Severity = "ticket"
    """Who is to be told how: at once, in working hours, or in passing."""

    to: list[str] = msgspec.field(default_factory=list)
    """The routes to tell it by; without it those that take its severity."""


class AlertRule(Alert, frozen=True, kw_only=True):
    """A rule of the whole project."""

    name: Name
    """The rule's name; that of a default rule takes its place."""

    where: Where = msgspec.field(default_factory=dict)
    """What it is about: patterns of labels, such as ``{target: erp.*}``; without it all with the measure."""


class WebhookSettings(Settings, frozen=True):
    """An address that signed messages are posted to, as https://www.standardwebhooks.com has it."""

    url: SecretReference
    """The address, by reference: it often holds a token."""

    secret: SecretReference
    """The key they are signed with: base64, with or without ``whsec_`` before it."""


class Route(Settings, frozen=True):
    """A way to people: one of ``webhook`` and ``apprise``."""

    webhook: WebhookSettings | None = None
    """Signed messages to an address of your own."""

    apprise: SecretReference | None = None
    """An Apprise URL (https://github.com/caronc/apprise/wiki), or several parted by spaces, by reference."""

    severities: list[Severity] = msgspec.field(default_factory=lambda: ["page", "ticket", "info"])
    """What goes this way where no rule says ``to``; an empty list for nothing."""


class Maintenance(Settings, frozen=True):
    """A time at which nobody is told: once, or again and again."""

    name: Name
    """The window's name."""

    lasts: Duration
    """How long it lasts."""

    cron: str = ""
    """When it begins, again and again: ``0 22 * * 6``."""

    begins: str = ""
    """When it begins, once: an RFC 3339 time."""

    zone: str = "UTC"
    """The time zone that ``cron`` is in: Europe/Berlin."""

    where: Where = msgspec.field(default_factory=dict)
    """What is kept quiet: patterns of labels; without it everything."""


class EscalationSettings(Settings, frozen=True):
    """Who is told besides, where nobody acknowledges."""

    after: Duration
    """How long after people were told."""

    to: list[str]
    """The routes to tell it by."""

    severities: list[Severity] = msgspec.field(default_factory=lambda: ["page"])
    """Of which severities."""


class AlertSettings(Settings, frozen=True):
    """When people are told of what goes wrong, and how."""

    defaults: bool = True
    """Whether the rules hold that Trunkline has of its own."""

    without: list[str] = msgspec.field(default_factory=list)
    """Default rules that do not hold."""

    rules: list[AlertRule] = msgspec.field(default_factory=list)
    """Rules of the project, beside those that its flows have."""

    routes: dict[Name, Route] = msgspec.field(default_factory=dict)
    """The ways to people, by name."""

    windows: list[Maintenance] = msgspec.field(default_factory=list)
    """When nobody is told."""

    group_by: list[Label] = msgspec.field(default_factory=lambda: ["target"])
    """Alerts that are equal in these labels are told together; those with none of them by rule."""

    group_wait: Duration = "30s"
    """How long the first message of a group waits for others; a page does not wait."""

    group_interval: Duration = "5m"
    """After how long whoever was told of a group is told what more fires in it."""

    every: Duration = "15s"
    """How often it is looked whether something is wrong."""

    renotify: Duration = "4h"
    """After how long people are reminded of what nobody acknowledged; 0s for never."""

    escalate: list[EscalationSettings] = msgspec.field(default_factory=list)
    """Who is told next, one after the other."""

    link: str = ""
    """Where people reach the control room: ``https://trunkline.example.com``; else the door's address."""
