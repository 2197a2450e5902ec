"""People log in by the token and out again; each time is in the audit, and tries are throttled."""

from __future__ import annotations

import pytest

from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import Machine, opened
from trunkline.app.project import Project
from trunkline.app.tokens import keyring_of
from trunkline.kernel.signals import Signals
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.keeper import Keeper
from trunkline.surfaces.login import LogIn, Refusal, Welcome
from trunkline.surfaces.throttle import FROM_ONE
from trunkline.testkit.clock import CountingIds, ManualClock

PEER = "10.0.0.5"


@pytest.fixture
async def backbone(folder):
    machine = Machine({}, ManualClock(), CountingIds(), Signals())
    async with opened(Project.load(folder), machine) as running:
        yield running


@pytest.fixture
async def token(backbone):
    return (await perform(backbone, RotateToken("ann"))).token


@pytest.fixture
def keeper(backbone):
    return Keeper(keyring_of(backbone.project), backbone.machine.clock, tls=False)


@pytest.fixture
def log_in(backbone, keeper):
    return LogIn(backbone, keeper, tls=False)


async def acts(backbone):
    return [(one.what, one.by) for one in await backbone.audit.list(AuditQuery()) if one.what[:3] == "log"]


# Who has the token gets a session, and ends it with a form of it; both are in the audit.
async def test_in_and_out(backbone, keeper, log_in, token):
    found = await log_in.post({"token": f" {token} "}, {}, PEER)
    assert isinstance(found, Welcome)
    headers = {b"cookie": found.cookie.partition(b";")[0]}
    session = keeper.session(headers)
    assert session.principal.name == "admin"
    assert await log_in.leave({"csrf": "x"}, headers, PEER) is None
    assert await log_in.leave({"csrf": session.csrf}, {}, PEER) is None
    [forget] = [
        one for one in await log_in.leave({"csrf": session.csrf}, headers, PEER) if b"__Host" not in one
    ]
    assert forget.startswith(b"trunkline=; Path=/; Max-Age=0")
    assert keeper.session(headers) is None
    assert await acts(backbone) == [("logged-out", "admin"), ("logged-in", "admin")]


# Behind a proxy with a certificate the browser says so, and the cookie is for TLS alone.
@pytest.mark.parametrize(
    ("origin", "name"), [(b"https://t.example.com", b"__Host-trunkline="), (b"http://t", b"trunkline=")]
)
async def test_secure(log_in, token, origin, name):
    found = await log_in.post({"token": token}, {b"origin": origin}, PEER)
    assert found.cookie.startswith(name)
    assert (b"; Secure" in found.cookie) is name.startswith(b"__Host")


# Who has not is refused and noted; after some tries nobody from there is looked at, and that is not noted.
async def test_wrong_token(backbone, log_in, token):
    tries = [await log_in.post({"token": "tl_no"}, {}, PEER) for _ in range(FROM_ONE.burst)]
    assert {(one.status, one.retry_after_seconds) for one in tries} == {(403, 0)}
    late = await log_in.post({"token": token}, {}, PEER)
    assert (late.status, late.retry_after_seconds) == (429, 12)
    assert await acts(backbone) == [("log-in-failed", "")] * FROM_ONE.burst
    assert isinstance(await log_in.post({"token": token}, {}, "10.0.0.6"), Welcome)


# Where no token was made nobody logs in.
async def test_no_token(log_in):
    for form in ({}, {"token": ""}):
        assert isinstance(await log_in.post(form, {}, PEER), Refusal)
