"""What is kept quiet: silences that a person asked for, and maintenance windows that the project has.

Both keep people from being told; no alert loses its state by them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.rule import Labels, matches

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Silence(msgspec.Struct, frozen=True):
    """Nobody is told of alerts whose labels fit ``where``, from ``since`` to ``until`` (microseconds).

    ``ended_by`` is who ended it before its time.
    """

    id: str
    where: Mapping[str, str]
    since: int
    until: int
    by: str
    why: str
    ended_by: str = ""

    def holds(self, now: int) -> bool:
        """Tell whether it is in force."""
        return self.since <= now < self.until


class Window(msgspec.Struct, frozen=True):
    """A time of maintenance: once from ``since``, or whenever ``cron`` says in ``zone``, for ``lasts``.

    Times are microseconds. In summer and winter a window begins at the same time of the clock on the wall.
    """

    name: str
    where: Mapping[str, str]
    lasts: int
    since: int = 0
    cron: str = ""
    zone: str = "UTC"

    def holds(self, now: int) -> bool:
        """Tell whether it is under way."""
        begun = self._begun(now) if self.cron else self.since
        return begun is not None and begun <= now < begun + self.lasts

    def _begun(self, now: int) -> int | None:
        """Return when it began last; None where it never did."""
        moment = _EPOCH + dt.timedelta(microseconds=now + SECOND)
        local = moment.astimezone(ZoneInfo(self.zone))
        last = next(CronSim(self.cron, local, reverse=True), None)
        return None if last is None else (last - _EPOCH) // dt.timedelta(microseconds=1)


def labels_of(rule: str, severity: str, labels: Labels) -> dict[str, str]:
    """Return what a silence or a window can name an alert by: its labels, ``rule`` and ``severity``."""
    return {**labels, "rule": rule, "severity": severity}


def in_force(mutes: Iterable[Silence | Window], now: int) -> list[Silence | Window]:
    """Return those of several that are in force."""
    return [one for one in mutes if one.holds(now)]


def muted_by(labels: Labels, mutes: Iterable[Silence | Window]) -> Silence | Window | None:
    """Return the first of those in force that keeps an alert quiet, with the labels of ``labels_of``."""
    return next((one for one in mutes if matches(one.where, labels)), None)
