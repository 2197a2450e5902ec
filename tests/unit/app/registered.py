"""A project whose contracts are registered, for tests of what follows from that."""

from __future__ import annotations

import asyncio

from trunkline.app.registering import register, step
from trunkline.contracts.registry.acts import Who
from trunkline.contracts.registry.rules import Step
from trunkline.testkit.clock import ManualClock

ORDER = "contracts/order.odcs.yaml"
ANN = Who("ann", "as agreed")
DAY = 86_400_000_000


def register_all(folder, *chosen, clock=None, **more):
    """Register contracts of a project, all without a choice."""
    return asyncio.run(register(folder, chosen, ANN, clock or ManualClock(), **more))


def take(folder, act, ref, clock=None, **more):
    """Take a step in the life of a version."""
    return asyncio.run(step(folder, Step(act, ref, **more), ANN, clock or ManualClock()))
