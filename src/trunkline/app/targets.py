"""What people ask of targets: how each stands, and that nothing goes to one until they say so."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from trunkline.app.act import Act, Change
from trunkline.app.backbone import Backbone
from trunkline.app.project import unknown
from trunkline.delivery.breaker import State
from trunkline.delivery.standing import Isolation
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.roles import Role


class TargetView(msgspec.Struct, frozen=True):
    """A target: whether calls go to it (``state``), since when not and why, and what it bears now.

    ``by`` is who isolated it. ``until`` is when it is probed next. ``per_second`` is how many calls a second
    are permitted while the load returns after an outage; None where only its system's limits bound them.
    ``under_way`` and ``retries_left`` are those of the running process.
    """

    target: str
    state: State
    since: str | None
    until: str | None
    by: str
    why: str
    under_way: int
    retries_left: int
    per_second: float | None


class ListTargets(Act, frozen=True):
    """Tell how every target stands, as the process that delivers sees it."""

    role: ClassVar[Role] = "delivery"


class _ToTarget(Act, frozen=True):
    role: ClassVar[Role] = "delivery"
    target: str
    by: str
    why: str

    def change(self, result: TargetView) -> Change:
        """Tell how the target stands."""
        return Change(after=result.state, count=1)


class IsolateTarget(_ToTarget, frozen=True):
    """Let nothing go to a target until it is reset."""


class ResetTarget(_ToTarget, frozen=True):
    """Let calls go to a target again that was isolated or is away."""


async def list_targets(backbone: Backbone, _act: ListTargets) -> list[TargetView]:
    """Tell how every target stands, by name."""
    return [_view(backbone, name) for name in sorted(backbone.bearings)]


async def isolate_target(backbone: Backbone, act: IsolateTarget) -> TargetView:
    """Let nothing go to a target from now on; calls under way finish, and it is durable on return.

    Raises ``UsageError`` where there is no such target.
    """
    known(backbone, act.target)
    isolation = Isolation(act.by, act.why, backbone.machine.clock.now())
    await backbone.standings.isolate(act.target, isolation)
    backbone.bearings[act.target].isolate(isolation)
    return _view(backbone, act.target)


async def reset_target(backbone: Backbone, act: ResetTarget) -> TargetView:
    """Let calls go to a target again, isolated or away as it was: slowly at first.

    Raises ``UsageError`` where there is no such target.
    """
    known(backbone, act.target)
    await backbone.standings.isolate(act.target, None)
    await backbone.standings.note(act.target, None)
    backbone.bearings[act.target].reset(act.by, act.why)
    return _view(backbone, act.target)


def known(backbone: Backbone, target: str) -> None:
    """Raise ``UsageError`` for a target that no system accepts data at, with the near miss."""
    if target not in backbone.bearings:
        raise unknown("target", target, backbone.bearings)


def _view(backbone: Backbone, target: str) -> TargetView:
    bearing = backbone.bearings[target]
    sight, standing = bearing.sight(), bearing.standing
    isolation, outage = standing.isolation, standing.outage
    since, why = 0, ""
    if isolation:
        since, why = isolation.at, isolation.why
    elif outage:
        since, why = outage.since, f"{outage.kind}: {outage.detail}"
    return TargetView(
        target,
        sight.state,
        to_rfc3339(since) if since else None,
        to_rfc3339(sight.until) if sight.until and not isolation else None,
        isolation.by if isolation else "",
        why,
        sight.under_way,
        sight.retries_left,
        sight.per_second and round(sight.per_second, 1),
    )
