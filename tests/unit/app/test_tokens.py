"""The administrator's token is made and made anew by an act, and the audit tells who came in by it."""

from __future__ import annotations

import pytest

from trunkline.app.acts import RotateToken, perform
from trunkline.app.tokens import LONGEST_OVERLAP_SECONDS, keyring_of, note_visit, token_standing
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import UsageError
from trunkline.kernel.signals import LoggedIn, LoggedOut, LogInFailed, TokenRotated
from trunkline.observe.audit import AuditQuery
from trunkline.vault.secret import Secret


@pytest.fixture
def told(machine):
    signals = []
    machine.signals.listen(signals.append)
    return signals


# A rotation gives a new token once; the audit and the signals know of it and not the token itself.
async def test_rotation(backbone, machine, told):
    first = await perform(backbone, RotateToken("ann", "the first start"))
    second = await perform(backbone, RotateToken("bob", "ann left", 3_600))
    now, keyring = machine.clock.now(), keyring_of(backbone.project).read()
    assert keyring.token(Secret(second.token), now).made_by == "bob"
    assert keyring.token(Secret(first.token), now + 3_599 * SECOND)
    assert told == [TokenRotated("ann", 0), TokenRotated("bob", 3_600)]
    entries = await backbone.audit.list(AuditQuery())
    assert [(one.by, one.what, one.outcome, one.why) for one in entries] == [
        ("bob", "rotate-token", "done", "ann left"),
        ("ann", "rotate-token", "done", "the first start"),
    ]
    assert not any(token in repr((entries, told)) for token in (first.token, second.token))


# An overlap has a bound.
@pytest.mark.parametrize("seconds", [-1, LONGEST_OVERLAP_SECONDS + 1])
async def test_overlap(backbone, seconds):
    with pytest.raises(UsageError, match="overlap"):
        await perform(backbone, RotateToken("ann", "", seconds))
    assert token_standing(backbone.project, backbone.machine.clock.now()).tokens == []


# How the token stands is told without it.
async def test_standing(backbone, machine):
    made = await perform(backbone, RotateToken("ann"))
    await perform(backbone, RotateToken("bob", "", 60))
    standing = token_standing(backbone.project, machine.clock.now())
    assert [(one.made_by, bool(one.ends_at)) for one in standing.tokens] == [("bob", False), ("ann", True)]
    assert (standing.sessions, made.token in repr(standing)) == (0, False)


# Who came, who went and who was not let in is in the audit with the address, and told.
async def test_visits(backbone, told):
    visits = [LoggedIn("admin", "10.0.0.5"), LogInFailed("10.0.0.6"), LoggedOut("admin", "10.0.0.5")]
    for visit in visits:
        await note_visit(backbone, visit)
    assert told == visits
    entries = reversed(await backbone.audit.list(AuditQuery()))
    assert [(one.what, one.by, one.outcome, one.about) for one in entries] == [
        ("logged-in", "admin", "done", '{"peer":"10.0.0.5"}'),
        ("log-in-failed", "", "failed", '{"peer":"10.0.0.6"}'),
        ("logged-out", "admin", "done", '{"peer":"10.0.0.5"}'),
    ]
