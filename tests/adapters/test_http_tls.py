"""The HTTP target over TLS: which certificates it takes; those that it refuses are in the table of faults."""

from __future__ import annotations

import pytest
from tests.certificates import certificate, server_tls

from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.http.target import HttpTarget
from trunkline.kernel.errors import Final
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.faults import FaultServer
from trunkline.testkit.target import item
from trunkline.vault.chain import ChainedSecrets


def target_of(url, **trust) -> HttpTarget:
    settings = HttpSettings(request="PUT /things/{key}")
    connection = HttpConnection(url=url, **trust)
    return HttpTarget("shop.things", settings, connection, ChainedSecrets([]), ManualClock())


@pytest.fixture
def pem(tmp_path):
    """Return a file with a key and a certificate for 127.0.0.1 that nobody but itself vouches for."""
    return certificate(tmp_path)


@pytest.fixture
async def server(pem):
    async with FaultServer(tls=server_tls(pem)) as running:
        yield running


# A certificate is taken where the user names its authority, or turns the check off.
@pytest.mark.parametrize("checked", [True, False])
async def test_a_certificate_is_taken_as_the_user_says(server, pem, checked) -> None:
    target = target_of(server.url, ca_file=str(pem)) if checked else target_of(server.url, verify_tls=False)
    await target.open()
    assert await target.deliver([item("a", 1)], None) == [None]
    await target.close()


# A file of authorities that cannot be read is said when the target opens.
@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_an_unreadable_authority_is_said_on_open(tmp_path, content) -> None:
    if content:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(Final, match=r"ca\.pem holds no authority"):
        await target_of("https://127.0.0.1:1", ca_file=str(tmp_path / "ca.pem")).open()
