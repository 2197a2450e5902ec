"""Looks every few seconds, holds what is measured against the rules, and stores what came of it.

One process looks: that which delivers. What a look reads and what it stores are parted by the pure machine
(``observe.alerts.machine``), so nothing is kept in memory that counts; where a person acknowledged meanwhile,
the look is taken again.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence

import msgspec

from trunkline.app.alerting.causes import top_causes
from trunkline.app.alerting.explain import about_of, explained, summary_of
from trunkline.app.alerting.measures import About
from trunkline.app.alerting.readings import Reader, Readings, Subject
from trunkline.app.alerting.rules import grouping_of, rules_of
from trunkline.app.alerting.views import mutes_of
from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.app.quantities import seconds_of
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import StoreError
from trunkline.kernel.signals import AlertFired, AlertResolved, Signal
from trunkline.observe.alerts.grouping import together
from trunkline.observe.alerts.machine import (
    Alert,
    Explained,
    Notice,
    Seen,
    Step,
    Transition,
    end,
    key_of,
    step,
    told_end,
)
from trunkline.observe.alerts.muting import Silence, Window, labels_of, muted_by
from trunkline.observe.alerts.notices import messages
from trunkline.observe.alerts.rule import Labels, Rule, Verdict, judge, matches, series_of
from trunkline.observe.alerts.store import AlertQuery, Changes

SHORTEST_SECONDS = 1.0
"""It is not looked more often, whatever the settings say."""

_TRIES = 3


class RuleBook:
    """The rules of a project, found for what they are about.

    ``abouts`` says of each name what it is of, ``series`` is everything that they want measured.
    """

    def __init__(self, rules: Collection[Rule]) -> None:
        self._of_flow: dict[str, list[Rule]] = {}
        self._others: list[Rule] = []
        for rule in rules:
            # most rules are of one flow: they are found without a look at all others
            named = rule.where.get("flow", "*")
            (self._others if "*" in named else self._of_flow.setdefault(named, [])).append(rule)
        self.abouts = {rule.name: about_of(rule) for rule in rules}
        self.series = {series for rule in rules for series in series_of(rule.condition)}
        self._known: dict[tuple[About, tuple[tuple[str, str], ...]], tuple[Rule, ...]] = {}

    def fitting(self, about: About, labels: Labels) -> tuple[Rule, ...]:
        """Return the rules for a subject with these labels."""
        place = (about, tuple(sorted(labels.items())))
        if place not in self._known:
            near = [*self._of_flow.get(labels.get("flow", ""), ()), *self._others]
            fit = (rule for rule in near if about_of(rule) == about and matches(rule.where, labels))
            self._known[place] = tuple(fit)
        return self._known[place]


class Found(msgspec.Struct, frozen=True):
    """What one look found: the alert as it was read, its rule, and what came of it."""

    before: Alert | None
    step: Step


class Watch:
    """Looks at a project; ``link`` is where people reach the control room, empty where they cannot.

    ``stored`` is called where a message was stored.
    """

    def __init__(
        self, backbone: Backbone, reader: Reader, link: str = "", stored: Callable[[], None] | None = None
    ) -> None:
        self._backbone, self._reader, self._link = backbone, reader, link
        self._stored = stored
        self._every = max(SHORTEST_SECONDS, seconds_of(backbone.project.settings.alerts.every))
        self._book = RuleBook(rules_of(backbone.project))
        self._grouping = grouping_of(backbone.project.settings.alerts)
        self._told_until = 0  # people were told of the end of all that was over before

    async def run(self) -> None:
        """Look for ever."""
        while True:
            with contextlib.suppress(StoreError):  # what could not be stored is seen at the next look
                await self.look()
            await self._backbone.machine.clock.sleep(self._every)

    async def look(self) -> None:
        """Take one look, and store what came of it."""
        readings = await self._reader.look(self._book.series)
        for _ in range(_TRIES):
            if await self._step(readings):
                return

    async def _step(self, readings: Readings) -> bool:
        """Take every alert one step; False where somebody changed one meanwhile."""
        now = self._backbone.machine.clock.now()
        found = await self._together(readings, now)
        transitions = [one for each in found for one in each.step.transitions]
        notices = [self._routed(one) for each in found for one in each.step.notices]
        changes = Changes(
            [one.step.alert for one in found if one.step.alert is not None and one.step.alert != one.before],
            [one.before for one in found if one.step.alert is None and one.before is not None],
            transitions,
            messages(notices, self._grouping.by, now, self._backbone.machine.ids.uuid7),
        )
        if changes != Changes([], [], [], []) and not await self._backbone.alerts.commit(changes):
            return False
        kept = [one.step.alert for one in found if one.step.alert is not None]
        self._told_until = min((one.resolved_at for one in kept if one.end_waits), default=now)
        for signal in _signals(transitions, changes.alerts):
            self._backbone.machine.signals.emit(signal)
        if changes.messages and self._stored:
            self._stored()
        return True

    async def _together(self, readings: Readings, now: int) -> list[Found]:
        """Return what came of a look, and of ends that are still to be told, by groups."""
        since = min(self._told_until, now - self._grouping.interval)
        stored = await self._backbone.alerts.alerts(AlertQuery(only_open=False, since=since))
        open_ = {one.key: one for one in stored if one.is_open}
        mutes = await mutes_of(self._backbone)
        found = [Found(one, told_end(one)) for one in stored if one.end_waits]
        found += [one async for one in self._found(readings, open_, mutes, now)]
        steps = together([one.step for one in found], stored, self._grouping, now)
        return [Found(one.before, step) for one, step in zip(found, steps, strict=True)]

    async def _found(
        self, readings: Readings, open_: dict[str, Alert], mutes: Collection[Silence | Window], now: int
    ) -> AsyncIterator[Found]:
        """Yield what came of each subject under each of its rules, then of alerts that have none any more."""
        ids = self._backbone.machine.ids
        for about, subjects in readings.items():
            for subject in subjects:
                for rule in self._book.fitting(about, subject.labels):
                    before = open_.pop(key_of(rule.name, subject.labels), None)
                    verdict = judge(rule.condition, subject.values)
                    if before is None and not verdict.holds:
                        continue
                    muted = muted_by(labels_of(rule.name, rule.severity, subject.labels), mutes) is not None
                    text = await self._explained(before, rule, subject, verdict, now)
                    seen = Seen(subject.labels, verdict.holds, verdict.value, text)
                    new_id = "" if before else ids.uuid7()
                    yield Found(before, step(before, seen, rule, now, new_id, muted=muted))
        for before in open_.values():
            if self._is_no_more(before, readings):
                yield Found(before, end(before, now))

    def _is_no_more(self, alert: Alert, readings: Readings) -> bool:
        """Tell whether the rule or the subject of an alert is gone, where no look was about it."""
        about = self._book.abouts.get(alert.rule)
        return about is None or about in readings

    async def _explained(
        self, before: Alert | None, rule: Rule, subject: Subject, verdict: Verdict, now: int
    ) -> Explained:
        """Explain an alert: its causes are looked up when it begins and when it fires, not at every look."""
        if before is not None and (before.phase != "pending" or now - before.since < rule.hold):
            summary = summary_of(rule, subject.labels, verdict.value)
            return msgspec.structs.replace(before.explained, summary=summary)
        facts = await top_causes(self._backbone, about_of(rule), subject.labels, dict(subject.facts))
        return explained(rule, subject.labels, verdict.value, facts, self._link)

    def _routed(self, notice: Notice) -> Notice:
        """Leave out routes that are no more, and the one that it is about: it would say that it is silent."""
        known = self._backbone.project.settings.alerts.routes
        own = notice.alert.labels.get("route")
        to = tuple(one for one in notice.to if one in known and one != own)
        return msgspec.structs.replace(notice, to=to)


def link_of(project: Project) -> str:
    """Return where people reach the control room of a project."""
    listen = project.settings.listen
    return project.settings.alerts.link or (f"http://{listen.host}:{listen.port}" if listen.port else "")


def _signals(transitions: Sequence[Transition], alerts: Sequence[Alert]) -> Iterator[Signal]:
    """Yield what operators see of a look."""
    known = {one.id: one for one in alerts}
    for one in transitions:
        alert = known[one.alert]
        if one.phase == "firing":
            summary = alert.explained.summary
            yield AlertFired(alert.id, alert.rule, alert.key, alert.severity, summary)
        elif one.phase == "resolved":
            yield AlertResolved(alert.id, alert.rule, alert.key, (one.at - one.fired_at) / SECOND)
