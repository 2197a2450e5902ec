"""What people do about alerts, and what the audit says of it."""

from __future__ import annotations

import pytest

from trunkline.app.acts import AcknowledgeAlert, EndSilence, SilenceAlerts, TestRoute, perform
from trunkline.app.alerting.views import silences
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.signals import AlertAcknowledged
from trunkline.observe.alerts.store import AlertQuery
from trunkline.observe.audit import AuditQuery


@pytest.fixture
async def fired(duty, letters):
    """Return the id of an alert that fires."""
    await duty.look()
    [alert] = await letters.alerts.alerts(AlertQuery())
    return alert.id


# Who acknowledges is kept with the alert and in the audit; a second time changes nothing.
async def test_acknowledge(backbone, duty, fired):
    view = await perform(backbone, AcknowledgeAlert(fired, "ann", "on it"))
    assert (view.state, view.acknowledged_by) == ("acknowledged", "ann")
    again = await perform(backbone, AcknowledgeAlert(fired, "bob"))
    assert again.acknowledged_by == "ann"
    assert [one.by for one in duty.signals if isinstance(one, AlertAcknowledged)] == ["ann"]
    [_, first] = await backbone.audit.list(AuditQuery(what="acknowledge-alert"))
    assert (first.by, first.why, first.before, first.after) == ("ann", "on it", "firing", "acknowledged")


# What is not there, or does not fire, is not acknowledged.
async def test_nothing_to_acknowledge(backbone, duty, publish):
    with pytest.raises(UsageError, match="there is no alert"):
        await perform(backbone, AcknowledgeAlert("a1", "ann"))
    await publish(1)
    await duty.look(61)
    [pending] = await backbone.alerts.alerts(AlertQuery())
    with pytest.raises(UsageError, match="is pending"):
        await perform(backbone, AcknowledgeAlert(pending.id, "ann"))


# A silence is in force until its end, or until somebody ends it.
async def test_silence(backbone):
    until = backbone.machine.clock.now() + 60 * SECOND
    silence = await perform(backbone, SilenceAlerts({"target": "erp.*"}, until, "ann", "count"))
    assert [one.id for one in await silences(backbone)] == [silence.id]
    ended = await perform(backbone, EndSilence(silence.id, "bob", "done"))
    assert ended.ended_by == "bob"
    assert await silences(backbone) == []
    with pytest.raises(UsageError):
        await perform(backbone, EndSilence(silence.id, "bob"))


# One without an end to come, or of a label that alerts do not have, is refused with the near miss.
async def test_no_silence(backbone):
    now = backbone.machine.clock.now()
    with pytest.raises(UsageError, match="is over"):
        await perform(backbone, SilenceAlerts({}, now, "ann", ""))
    with pytest.raises(UsageError, match='did you mean "target"'):
        await perform(backbone, SilenceAlerts({"targt": "x"}, now + SECOND, "ann", ""))


# A route is tried at once, and why it does not work is told to whoever tries.
async def test_a_route(backbone):
    with pytest.raises(UsageError, match='did you mean "oncall"'):
        await perform(backbone, TestRoute("oncal", "ann"))
    with pytest.raises(TrunklineError, match=r"route oncall does not work: secret: .*has no value"):
        await perform(backbone, TestRoute("oncall", "ann"))
