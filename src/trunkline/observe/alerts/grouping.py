"""Which alerts are told together, and when: an outage is one message and not one a look.

What waits for its group is left to a later look, as what is muted is, so all of it is in the alerts and
nothing that was sent or stored to be sent changes. Whoever silences or acknowledges meanwhile is heeded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from trunkline.observe.alerts.machine import Alert, Event, Notice, Step, postponed
from trunkline.observe.alerts.muting import labels_of


class Grouping(msgspec.Struct, frozen=True):
    """Alerts are of one group that are equal in the labels ``by``. Times are microseconds.

    What begins a group waits for ``wait`` for what belongs to it, a page not at all. While anything of it
    fires that people were told of, they are told what more fires once an ``interval``. What is over is told
    after ``wait``.
    """

    by: tuple[str, ...] = ()
    wait: int = 0
    interval: int = 0


def group_of(alert: Alert, by: Sequence[str]) -> tuple[str, ...]:
    """Return the group of an alert: its severity, and its labels ``by``; without any of these its rule."""
    labels = labels_of(alert.rule, alert.severity, alert.labels)
    same = [labels.get(name, "") for name in by]
    return (alert.severity, *(same if any(same) or not by else (alert.rule,)))


def together(steps: Sequence[Step], known: Iterable[Alert], grouping: Grouping, now: int) -> list[Step]:
    """Return the steps of one look, those postponed whose group is not to be told yet.

    ``known`` are the alerts that were open before it, and at least those that were over for less than the
    interval. A reminder or an escalation never waits.
    """
    groups: dict[tuple[str, ...], list[Notice]] = defaultdict(list)
    told: dict[tuple[str, ...], dict[tuple[str, ...], int]] = defaultdict(dict)
    for one in steps:
        for notice in one.notices:
            groups[group_of(notice.alert, grouping.by)].append(notice)
    fire = set()
    for alert in known:
        if alert.told_at:
            group = group_of(alert, grouping.by)
            told[group][alert.told] = max(alert.told_at, told[group].get(alert.told, 0))
            if alert.is_open:
                fire.add(group)
    early = {
        group: _early(several, told[group] if group in fire else {}, grouping, now)
        for group, several in groups.items()
    }
    return [
        postponed(one)
        if any(notice.event in early[group_of(notice.alert, grouping.by)] for notice in one.notices)
        else one
        for one in steps
    ]


def _early(
    notices: Sequence[Notice], told: Mapping[tuple[str, ...], int], grouping: Grouping, now: int
) -> set[Event]:
    """Return what of a group is too early to tell; ``told`` says of routes when they were told of it last.

    Where one alert of a group is to be told its others are as well, its ends first, so that what came back is
    not taken for over.
    """
    began = [one.alert.fired_at for one in notices if one.event == "fired"]
    over = [one.alert.resolved_at for one in notices if one.event == "resolved"]
    lately = [set(routes) for routes, at in told.items() if _is_within(grouping.interval, at, now)]
    fresh = any(one.event == "fired" and not any(map(set(one.to).issubset, lately)) for one in notices)
    wait = 0 if notices[0].alert.severity == "page" else grouping.wait
    begins = fresh and not _is_within(wait, min(began), now)
    ends = begins or (bool(over) and not _is_within(grouping.wait, min(over), now))
    events: dict[Event, bool] = {"fired": begins, "resolved": ends}
    return {event for event, due in events.items() if not due}


def _is_within(span: int, begun: int, now: int) -> bool:
    """Tell whether a span still lasts; one that begins to come, by a clock that went back, does not."""
    return begun <= now < begun + span
