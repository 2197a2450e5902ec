"""Acts as people see them."""

from __future__ import annotations

from trunkline.app.acts import AUDITED, PauseFlow, perform
from trunkline.app.audited import audited
from trunkline.kernel.clock import to_rfc3339
from trunkline.observe.audit import AuditQuery


# An act is told with its time as RFC 3339, and what it was about as fields.
async def test_audited(backbone):
    await perform(backbone, PauseFlow("orders-to-warehouse", "ada", "a move"))
    [one] = await audited(backbone, AuditQuery(what="pause-flow"))
    assert (one.at, one.by) == (to_rfc3339(backbone.machine.clock.now()), "ada")
    assert one.about == {"flow": "orders-to-warehouse"}
    assert one.what in AUDITED
