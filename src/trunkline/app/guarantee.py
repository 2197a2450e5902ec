"""What a flow can promise about every event, derived from the parts that the event passes through.

A chain holds what its weakest link holds. ``check`` shows each flow's promise and refuses a target that
cannot give what the flow declares; ``run`` asks again with the log that is really there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from trunkline.app.model import Delivery
from trunkline.app.project import Flow, Project
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.eventlog.port import Features
from trunkline.kernel.errors import GuaranteeError

_WORTH: dict[Delivery, int] = {"at-most-once": 0, "at-least-once": 1, "effectively-once": 2}


class Link(msgspec.Struct, frozen=True):
    """One part on an event's way, what it can give, and why it is that."""

    part: str
    gives: Delivery
    why: str


def chain(project: Project, flow: Flow, log: Features) -> list[Link]:
    """Return the links of a flow in the order an event passes them."""
    return [
        *_sources(project.sources_of(flow.contract), project.settings.store.dedupe_days),
        _log(log),
        _mapping(flow),
        _target(flow),
    ]


def weakest(links: Iterable[Link]) -> Link:
    """Return the first of the links that give the least."""
    return min(links, key=lambda link: _WORTH[link.gives])


def require(project: Project, flow: Flow, log: Features) -> None:
    """Raise ``GuaranteeError`` where a flow declares more than it can give on this log."""
    least, declared = weakest(chain(project, flow, log)), flow.settings.needs.delivery
    if _WORTH[least.gives] < _WORTH[declared]:
        raise GuaranteeError(
            f"flow {flow.name} declares {declared}, and {least.part} gives {least.gives}: {least.why}"
        )


def _sources(sources: Iterable[Any], days: int) -> Iterator[Link]:
    for source in sources:
        why = SOURCES[source.via].repeats(source.settings)
        once = f"an arrival that is repeated within {days} days is known by its identity"
        yield _link(f"source {source.name}", why, once)


def _log(features: Features) -> Link:
    if not features.durable:
        return Link("log", "at-most-once", "it forgets what it has taken when the process ends")
    return Link("log", "effectively-once", "an event and its identity are synced to disk before the answer")


def _mapping(flow: Flow) -> Link:
    if flow.settings.python:
        why = "a Python function has to return the same record for the same event; nothing checks that"
        return Link("mapping", "effectively-once", why)
    return Link("mapping", "effectively-once", "expressions are pure: an event maps to one record, always")


def _target(flow: Flow) -> Link:
    target = flow.target
    why = TARGETS[target.via].repeats(target.settings)
    return _link(f"target {target.name}", why, "a repeated delivery has no further effect")


def _link(part: str, why_it_repeats: str, once: str) -> Link:
    if why_it_repeats:
        return Link(part, "at-least-once", why_it_repeats)
    return Link(part, "effectively-once", once)
