"""What the flows of a project share: one ``Bearing`` a target, one ``Quota`` a system, kept over restarts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from trunkline.app.model import SystemLimits
from trunkline.app.policies import terms_of
from trunkline.app.project import Project
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.quota import Quota
from trunkline.delivery.standing import Standing, Standings
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import StoreError
from trunkline.kernel.ids import Ids
from trunkline.kernel.signals import (
    BreakerClosed,
    BreakerOpened,
    Signal,
    Signals,
    TargetIsolated,
    TargetReset,
)

_CHANGES = (BreakerOpened, BreakerClosed, TargetIsolated, TargetReset)


def bearings_of(project: Project, clock: Clock, ids: Ids, signals: Signals) -> dict[str, Bearing]:
    """Return the shared state of every target by its name."""
    quotas = {name: _quota(system.limits) for name, system in project.systems.items()}
    return {
        name: Bearing(
            name,
            clock,
            ids,
            signals,
            # what a kind of target takes at a time holds for all flows to it; a table's flows stand alone
            terms_of(target.system, getattr(target.settings, "concurrency", None)),
            quotas[target.system.system],
        )
        for name, target in project.targets.items()
    }


def _quota(limits: SystemLimits) -> Quota | None:
    """Return what holds over all targets of a system, or None where it states no limits."""
    if limits == SystemLimits():
        return None
    return Quota(calls_per_second=limits.requests_per_second, concurrency=limits.concurrency)


async def resume(bearings: Mapping[str, Bearing], standings: Standings) -> None:
    """Take up how targets stood before this process."""
    known = await standings.load()
    for name in known.keys() & bearings.keys():
        bearings[name].resume(known[name])


@contextlib.asynccontextmanager
async def kept(
    bearings: Mapping[str, Bearing], standings: Standings, signals: Signals
) -> AsyncIterator[None]:
    """Store what changes while the block runs.

    What cannot be stored is stored with the next change: after a restart it is learned again.
    """
    known = {name: bearing.standing for name, bearing in bearings.items()}
    changed = asyncio.Event()

    def listen(signal: Signal) -> None:
        if isinstance(signal, _CHANGES):
            changed.set()

    async def store() -> None:
        while True:
            await changed.wait()
            changed.clear()
            with contextlib.suppress(StoreError):
                await _store(bearings, standings, known)

    signals.listen(listen)
    task = asyncio.create_task(store(), name="standings")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with contextlib.suppress(StoreError):
            await _store(bearings, standings, known)


async def _store(bearings: Mapping[str, Bearing], standings: Standings, known: dict[str, Standing]) -> None:
    """Store the standing of each target that is not ``known``, and note that it is."""
    for name, bearing in bearings.items():
        before, now = known[name], bearing.standing
        if now.isolation != before.isolation:
            await standings.isolate(name, now.isolation)
        if now.outage != before.outage:
            await standings.note(name, now.outage)
        known[name] = now
