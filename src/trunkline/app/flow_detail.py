"""The use-case of a flow's own page: what it promises, what it does about failures, and what waits in it."""

from __future__ import annotations

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.dead import DeadGroup, DeadView, dead_groups, dead_letters
from trunkline.app.overview import LastHour, last_hour
from trunkline.app.project import Flow, unknown
from trunkline.app.snapshot import FlowSight, Snapshot, TargetSight
from trunkline.app.targets import ListTargets, TargetView, list_targets
from trunkline.app.verdicts import several
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.retry import RetryPolicy, bound_seconds

SHOWN = 10
"""How many waiting events, holders and causes are told."""
LOOKED_AT = 200
"""Among how many open cases the ones that hold back most are looked for."""

_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
_AFTER_DEATH = {
    "hold-key": "later events of its entity wait for it",
    "skip": "later events of its entity go on",
    "supersede": "a later event of its entity takes its place",
}


class FlowDetail(msgspec.Struct, frozen=True):
    """A flow with its target, its policy in words, and what is open in it.

    ``bearing`` is how the process that delivers sees the target; None where that is another process.
    ``waiting`` are events to be tried again, ``holders`` those that most others wait behind, ``causes`` why
    its dead letters died, the most frequent first. ``hour`` is what happened in it lately.
    """

    sight: FlowSight
    target: TargetSight
    bearing: TargetView | None
    reads: str
    makes: str
    file: str
    promises: list[str]
    policy: list[str]
    waiting: list[DeadView]
    holders: list[DeadView]
    causes: list[DeadGroup]
    hour: LastHour


async def flow_detail(backbone: Backbone, seen: Snapshot, name: str) -> FlowDetail:
    """Tell of one flow in a snapshot; raises ``UsageError`` where there is none of that name."""
    flow = backbone.project.flows.get(name)
    sight = next((one for one in seen.flows if one.flow == name), None)
    if flow is None or sight is None:
        raise unknown("flow", name, backbone.project.flows)
    delivers = "delivery" in backbone.roles
    targets = await list_targets(backbone, ListTargets()) if delivers else []
    waiting = await _cases(backbone, CaseQuery(name, "waiting", limit=LOOKED_AT)) if sight.waiting else []
    dead = await _cases(backbone, CaseQuery(name, "dead", limit=LOOKED_AT)) if sight.dead else []
    holders = sorted((one for one in [*waiting, *dead] if one.holds_back), key=lambda one: -one.holds_back)
    causes = await dead_groups(backbone, CaseQuery(name)) if sight.dead else []
    return FlowDetail(
        sight,
        next(one for one in seen.targets if one.target == flow.target.name),
        next((one for one in targets if one.target == flow.target.name), None),
        flow.contract.ref,
        flow.target.contract.ref,
        flow.file,
        promises(flow),
        policy(flow),
        waiting[:SHOWN],
        holders[:SHOWN],
        causes[:SHOWN],
        await last_hour(backbone, name),
    )


async def _cases(backbone: Backbone, query: CaseQuery) -> list[DeadView]:
    return await dead_letters(backbone, query)


def promises(flow: Flow) -> list[str]:
    """Say what a flow has to give, a sentence each."""
    needs = flow.settings.needs
    once = {
        "effectively-once": "Each event takes effect once.",
        "at-least-once": "Each event takes effect at least once.",
    }
    fresh = f"Data arrives within {needs.freshness}." if needs.freshness else "No freshness is promised."
    return [fresh, once[needs.delivery]]


def policy(flow: Flow) -> list[str]:
    """Say in words what a flow does about failures, a sentence each."""
    retry = flow.retry
    rest = _AFTER_DEATH[flow.settings.when_dead]
    if retry.attempts == 1:
        tries = "An event is tried once."
    else:
        last = f"No attempt begins later than {length(retry.total_seconds)} after the first."
        tries = f"An event is tried {several(retry.attempts, 'time')} at the most, {_waits(retry)}. {last}"
    rules = [f"{kind}: {_rule(rule)}." for kind, rule in sorted(retry.rules.items())]
    return [tries, f"Then it is a dead letter, and {rest}.", *rules]


def _waits(retry: RetryPolicy) -> str:
    bounds = [length(bound_seconds(retry, number)) for number in range(1, min(retry.attempts, 9))]
    more = " and so on" if retry.attempts > len(bounds) + 1 else ""
    return f"after waits of up to {', '.join(bounds)}{more}"


def _rule(rule: RetryPolicy | None) -> str:
    return "never tried again" if rule is None else f"{several(rule.attempts, 'attempt')}, {_waits(rule)}"


def length(seconds: float) -> str:
    """Return a length of time in its largest unit that leaves no more than one digit behind the point."""
    if seconds < 1:
        return f"{seconds * 1_000:g} ms"
    size, unit = next(step for step in _UNITS if seconds >= step[0])
    return f"{round(seconds / size, 1):g} {unit}"
