"""A door listens for this machine alone, for others by TLS, or plainly where that was said."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tests.certificates import certificate
from tests.unit.surfaces.doors import Echo

from trunkline.app.project import Project
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.door import Door, serve
from trunkline.surfaces.place import Place, place_of
from trunkline.testkit.clock import CountingIds


@pytest.fixture
def settings(folder):
    """Give ``listen`` its settings and return the project."""

    def change(more):
        main = folder / "trunkline.yaml"
        text = main.read_text("utf-8")
        assert "port: 8080}" in text
        main.write_text(text.replace("port: 8080}", f"port: 8080, {more}}}"), "utf-8")
        return Project.load(folder)

    return change


# Without TLS others are let in only where somebody said so, in the file or on the command line.
def test_others():
    for host in ("127.0.0.1", "::1", "localhost"):
        Place(host, 0)
    for host in ("0.0.0.0", "::", "10.0.0.5", "trunkline.example.com"):
        with pytest.raises(UsageError, match=r"listen\.plain: true"):
            Place(host, 0)
        Place(host, 0, plain=True)


# What is given goes before what the project says.
def test_given(settings):
    project = settings("plain: true")
    assert (place_of(project).host, place_of(project).port) == ("127.0.0.1", 8080)
    assert (place_of(project, "0.0.0.0", 0).host, place_of(project, "", 0).port) == ("0.0.0.0", 0)


# A door with a certificate is reached by TLS of today, webhooks too, and speaks nothing else.
async def test_tls(settings, folder):
    file = certificate(folder)
    place = place_of(settings("tls: {certificate: server.pem, key: server.pem}"), "", 0)
    door = await serve(Door({"/hooks/a": Echo()}, CountingIds()), place.host, place.port, place.tls)
    trust = ssl.create_default_context(cafile=file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
        async with session.post(f"{door.url}/hooks/a", data=b"{}") as answer:
            assert (door.url[:8], answer.status) == ("https://", 202)
        async with session.get(f"{door.url}/nothing") as answer:
            assert answer.status == 404
        with pytest.raises(aiohttp.ClientError):
            await session.get(door.url.replace("https", "http") + "/nothing")
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    _, writer = await asyncio.open_connection("127.0.0.1", door.port, ssl=trust)
    assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
    writer.close()
    await writer.wait_closed()
    await door.close()
    assert place_of(Project.load(folder), "0.0.0.0").tls


# What cannot be used as a certificate is told at the start, and a passphrase is not asked for.
@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("none.pem", "none.pem"), "cannot be read"),
        (("trunkline.yaml", "trunkline.yaml"), "cannot be used"),
        (("server.pem", "other/server.pem"), "key values mismatch"),
        (("server.pem", "locked.pem"), "passphrase"),
    ],
)
def test_unusable(settings, folder, files, said):
    (folder / "other").mkdir()
    certificate(folder / "other")
    key = load_pem_private_key(certificate(folder).read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (folder / "locked.pem").write_bytes(locked)
    project = settings(f"tls: {{certificate: {files[0]}, key: {files[1]}}}")
    with pytest.raises(UsageError, match=said):
        place_of(project)
