"""The HTTP target over TLS: which certificates it takes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.http.target import HttpTarget
from trunkline.kernel.errors import Final, Retryable
from trunkline.testkit.clock import CountingIds, ManualClock
from trunkline.testkit.faults import FaultServer
from trunkline.testkit.target import item
from trunkline.vault.chain import ChainedSecrets


def target_of(url, **trust) -> HttpTarget:
    settings = HttpSettings(request="PUT /things/{key}")
    connection = HttpConnection(url=url, **trust)
    return HttpTarget("shop.things", settings, connection, ChainedSecrets([]), ManualClock(), CountingIds())


@pytest.fixture
def pem(tmp_path):
    """Return a file with a key and a certificate for 127.0.0.1 that nobody but itself vouches for."""
    file = tmp_path / "server.pem"
    file.write_bytes(_self_signed())
    return file


@pytest.fixture
async def server(pem):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    async with FaultServer(tls=tls) as running:
        yield running


# A certificate that no authority vouches for is refused before anything is sent.
async def test_an_unknown_certificate_is_refused(server) -> None:
    target = target_of(server.url)
    await target.open()
    with pytest.raises(Retryable) as refused:
        await target.deliver([item("a", 1)], None)
    await target.close()
    assert refused.value.kind == "tls"
    assert server.requests == []


# It is taken where the user names its authority, or turns the check off.
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


def _self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
