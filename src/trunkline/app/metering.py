"""Gives a running process's metrics to its machine's meter now and then, where it has one.

What is read is what ``/metrics`` tells. Where a project runs as two processes, the one that delivers gives
what is stored, so that nothing is counted twice; each gives what only it sees.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from trunkline.app.backbone import Backbone
from trunkline.app.metrics import counted_since, measured, noted
from trunkline.app.quantities import seconds_of
from trunkline.kernel.errors import StoreError
from trunkline.observe.metrics import Meter, Reading

LAST_SECONDS = 5.0
"""How long the last reading may take."""


@contextlib.asynccontextmanager
async def metering(backbone: Backbone) -> AsyncIterator[None]:
    """Read metrics every ``observe.otlp.metrics_every`` while the block runs, and once at its end."""
    meter, otlp = backbone.machine.meter, backbone.project.settings.observe.otlp
    if meter is None or otlp is None:
        yield
        return
    began = backbone.machine.clock.now()
    task = asyncio.create_task(_read_on(backbone, meter, began, seconds_of(otlp.metrics_every)), name="meter")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_read(backbone, meter, began), LAST_SECONDS)


async def _read_on(backbone: Backbone, meter: Meter, began: int, seconds: float) -> None:
    while True:
        await backbone.machine.clock.sleep(seconds)
        await _read(backbone, meter, began)


async def _read(backbone: Backbone, meter: Meter, began: int) -> None:
    """Give one reading; without the store there is none, which readiness and alerts tell."""
    now, since, samples = backbone.machine.clock.now(), began, noted(backbone)
    with contextlib.suppress(StoreError):
        if "delivery" in backbone.roles:
            since = await counted_since(backbone)
            samples += await measured(backbone)
        meter.take(Reading(samples, now, since, began))
