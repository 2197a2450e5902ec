"""For a project's own tests: push records through its contracts and mappings without running anything.

``Trial`` is a project in memory; ``ManualClock`` and ``CountingIds`` hold time and identifiers still.
What connector authors need, one behaviour suite a port, is in ``trunkline.testkit``.
"""

from __future__ import annotations

from trunkline.app.trial import Outgoing, Trial
from trunkline.testkit.clock import CountingIds, ManualClock

__all__ = ["CountingIds", "ManualClock", "Outgoing", "Trial"]
