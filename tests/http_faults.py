"""Everything that can happen to a request of the HTTP target, as a table: the rows of its reference page.

``tests/adapters/test_http_faults.py`` makes each of them happen; ``tests/docs/test_http_target_page.py``
holds the page's table equal to this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.certificates import certificate, server_tls

from trunkline.testkit.faults import Behaviour, FaultServer, answer, drip, hang, raw, reset
from trunkline.testkit.proxy import Bandwidth, Blackhole, Cut, Direction, FaultProxy, Latency, Reset, Toxic

CREDENTIAL = "t0psecret-bearer"
RECORD: dict[str, Any] = {
    "key": "jane",
    "email": "jane.doe@example.com",
    "phone": "+49 171 5550199",
    "note": "Zoë likes it dry",
}
ECHO = f"no jane <jane.doe@example.com> +49 171 5550199: Zo\\u00eb likes it dry, {CREDENTIAL} 0815 4711 99"
"""What answers repeat wherever they can: what we sent, and a number that we did not."""

LEAKS = ("jane", CREDENTIAL, "5550199", "Zo", "dry", "4711")

DELIVERED = "delivered"
AGAIN = "tried again"
AWAY = "tried again; no event is to blame"
DEAD = "dead letter"
WAITS = "the flow waits for a person"


class At(NamedTuple):
    """Where to call and how; ``requests`` tells how many requests the server has read so far."""

    url: str
    trust: Mapping[str, Any] = MappingProxyType({})
    requests: Callable[[], int] = lambda: 0
    record: dict[str, Any] = RECORD
    credential: str | None = CREDENTIAL


Scene = Callable[[Path], contextlib.AbstractAsyncContextManager[At]]


class Row(NamedTuple):
    """A row of the page. A kind that ends in a dash goes on with the status that its scene begins with."""

    kind: str
    then: str
    scenes: dict[str, Scene]


def says(behaviour: Behaviour) -> Scene:
    """Make a server that answers like this."""

    @contextlib.asynccontextmanager
    async def scene(_: Path) -> AsyncIterator[At]:
        async with FaultServer(behaviour) as server:
            yield At(server.url, {}, lambda: len(server.requests))

    return scene


def status(code: int, **headers: str) -> Scene:
    """Make a server that answers with this status, and repeats what it was sent."""
    return says(answer(code, ECHO.encode(), content_type="text/plain", **headers))


def text(head: str, body: bytes = b"") -> Scene:
    """Make a server that answers with this head and body, then closes."""
    return says(raw(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body))


def pours(head: str, piece: bytes, times: int = 1_000_000_000) -> Scene:
    """Make a server that sends a head and then a piece over and over, as fast as it is taken."""

    async def behave(_: Any, writer: asyncio.StreamWriter) -> bool:
        writer.write(head.replace("\n", "\r\n").encode())
        for _ in range(times):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # whoever reads is on the same event loop
        return False

    return says(behave)


def greets(said: bytes, scheme: str = "http", **record: str) -> Scene:
    """Make a server that answers at once and reads nothing."""

    @contextlib.asynccontextmanager
    async def scene(_: Path) -> AsyncIterator[At]:
        writers = []

        def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            writer.transport.pause_reading()
            writer.write(said)

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        try:
            yield At(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", record=RECORD | record)
        finally:
            server.close()
            for writer in writers:
                writer.transport.abort()

    return scene


def wire(*toxics: tuple[Toxic, Direction], tls: bool = False) -> Scene:
    """Make a healthy server behind a wire with these toxics."""

    @contextlib.asynccontextmanager
    async def scene(folder: Path) -> AsyncIterator[At]:
        file = certificate(folder)
        behaviour = answer(200, ECHO.encode(), content_type="text/plain")
        async with (
            FaultServer(behaviour, server_tls(file) if tls else None) as server,
            FaultProxy("127.0.0.1", int(server.url.rpartition(":")[2])) as proxy,
        ):
            for number, (toxic, direction) in enumerate(toxics):
                proxy.add(str(number), toxic, direction)
            url = f"{server.url.partition(':')[0]}://127.0.0.1:{proxy.port}"
            yield At(url, {"ca_file": str(file)} if tls else {}, lambda: len(server.requests))

    return scene


def certified(*, trusted: bool = True, **made: Any) -> Scene:
    """Make a server with a certificate of this kind, whose authority is trusted or not."""

    @contextlib.asynccontextmanager
    async def scene(folder: Path) -> AsyncIterator[At]:
        file = certificate(folder, **made)
        async with FaultServer(tls=server_tls(file)) as server:
            yield At(server.url, {"ca_file": str(file)} if trusted else {}, lambda: len(server.requests))

    return scene


def at(url: str, **how: Any) -> Scene:
    """Call a place where nothing of ours is."""

    @contextlib.asynccontextmanager
    async def scene(_: Path) -> AsyncIterator[At]:
        yield At(url, **how)

    return scene


@contextlib.asynccontextmanager
async def refused(_: Path) -> AsyncIterator[At]:
    """Have a server that was there and is gone."""
    async with FaultServer() as server:
        await server.refuse()
        yield At(server.url)


@contextlib.asynccontextmanager
async def swallowed(_: Path) -> AsyncIterator[At]:
    """Have a place that answers no connection: its queue of them is full, and nobody takes any."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield At(f"http://127.0.0.1:{listening.getsockname()[1]}")


CHUNKED = "HTTP/1.1 200 OK\ntransfer-encoding: chunked"
BOMB = gzip.compress(bytes(100_000_000))
NOWHERE = "http://127.0.0.1:1"

TABLE: dict[str, Row] = {
    "2xx, with a whole body or more than 64 KiB of one": Row(
        "",
        DELIVERED,
        {
            "a success": status(200),
            "no content": text("HTTP/1.1 204 No Content"),
            "a body that ends with the connection": text("HTTP/1.0 200 OK", b"fine"),
            "after other news": text("HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Hints\n\nHTTP/1.1 204 Done"),
            "endless": pours(f"{CHUNKED}\n\n", b"1000\r\n" + bytes(4_096) + b"\r\n"),
            "a gzip bomb": says(answer(200, BOMB, content_encoding="gzip")),
            "before the request is read": greets(b"HTTP/1.1 204 x\r\n\r\n", text="x" * 500_000),
            "late and slow, in time": wire(
                (Latency(0.05, 0.05), "up"), (Latency(0.05), "down"), (Bandwidth(10_000, 9), "down")
            ),
        },
    ),
    "408, 425, 5xx, or no final status": Row(
        "http-",
        AGAIN,
        {
            **{f"{code}": status(code) for code in (408, 425, 500, 502, 503, 504, 599, 600, 999)},
            "503 with a wish": status(503, retry_after="jane"),
            "503 with a reason": text(f"HTTP/1.1 503 {ECHO}\ncontent-length: 0".replace("\\", "")),
            "503 after other news": text("HTTP/1.1 103 Hints\n\nHTTP/1.1 503 No\ncontent-length: 0"),
            "503 before the request is read": greets(
                b"HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n", text="x" * 500_000
            ),
            "500 and 3 MB of it": pours(
                "HTTP/1.1 500 x\ncontent-type: text/plain\ncontent-length: 3000000\n\n", b"x" * 1_000, 3_000
            ),
            "500 without end": pours("HTTP/1.1 500 x\ncontent-type: text/plain\n\n", b"x" * 1_000),
            "500 and a gzip bomb": says(
                answer(500, BOMB, content_type="text/plain", content_encoding="gzip")
            ),
            "500 that drips": says(drip(500)),
            "500 that breaks off": text(
                "HTTP/1.1 500 x\ncontent-length: 90\ncontent-type: text/plain", b"no"
            ),
            "101": text("HTTP/1.1 101 Switching\nupgrade: websocket\nconnection: upgrade"),
            "0": text("HTTP/1.1 000 x\ncontent-length: 0"),
        },
    ),
    "429": Row("http-", AWAY, {"429": status(429), "429 with a wish": status(429, retry_after="30")}),
    "401": Row("http-", AWAY, {"401": status(401, www_authenticate='Basic realm="jane"')}),
    "any other 4xx": Row(
        "http-",
        DEAD,
        {
            **{f"{code}": status(code) for code in (400, 403, 404, 405, 407, 409, 410, 413, 422, 451, 499)},
            "413 before the request is read": greets(
                b"HTTP/1.1 413 x\r\ncontent-length: 0\r\n\r\n", text="x" * 500_000
            ),
        },
    ),
    "3xx": Row(
        "http-",
        DEAD,
        {
            "300": status(300),
            "304": says(answer(304)),
            **{f"{code} to": status(code, location=f"{NOWHERE}/jane") for code in (301, 302, 303, 307, 308)},
            "302 to what names us": status(
                302, location=f"https://jane:{CREDENTIAL}@{CREDENTIAL}.example.com/"
            ),
            "302 to no place": status(302, location="http://[jane"),
        },
    ),
    "no whole answer in time": Row(
        "timeout",
        AGAIN,
        {
            "nothing is said": says(hang),
            "nothing is heard": wire((Blackhole(), "up")),
            "the head stops": wire((Blackhole(20), "down")),
            "the body stops": wire((Blackhole(100), "down")),
            "the head drips": wire((Bandwidth(50, 1), "down")),
            "the body drips": says(drip()),
            "the request drips": wire((Bandwidth(50, 1), "up")),
            "late": wire((Latency(30), "down")),
            "news without end": pours("", b"HTTP/1.1 103 Hints\r\nlink: " + b"x" * 4_000 + b"\r\n\r\n"),
            "a chunk without end": pours(f"{CHUNKED}\n\n5;", b"x" * 1_000),
        },
    ),
    "connecting, TLS included, takes too long": Row(
        "timeout",
        AWAY,
        {
            "nobody takes the connection": swallowed,
            "no handshake": wire((Blackhole(), "down"), tls=True),
            "half a handshake": wire((Blackhole(100), "down"), tls=True),
            "a handshake that drips": wire((Bandwidth(50, 1), "up"), tls=True),
        },
    ),
    "the connection is refused": Row("connection-refused", AWAY, {"refused": refused}),
    "the host name has no address": Row("dns", AWAY, {"no such name": at("http://jane.invalid")}),
    "no way there, or it breaks while it is made": Row(
        "unreachable",
        AWAY,
        {
            "closed in the handshake": wire((Cut(100), "down"), tls=True),
            "reset in the handshake": wire((Reset(), "up"), tls=True),
        },
    ),
    "no TLS, or a certificate that is not trusted": Row(
        "tls",
        AWAY,
        {
            "nobody vouches for it": certified(trusted=False),
            "expired": certified(days=(-3, -1)),
            "not valid yet": certified(days=(1, 3)),
            "of another host": certified(host="other.example.com"),
            "plain HTTP": greets(b"HTTP/1.1 400 x\r\ncontent-length: 0\r\n\r\n", "https"),
        },
    ),
    "the connection breaks before an answer": Row(
        "reset",
        AGAIN,
        {
            "closed at once": wire((Cut(), "up")),
            "reset at once": wire((Reset(), "down")),
            "closed instead of an answer": says(raw(b"")),
            "reset instead of an answer": says(reset),
            "closed in the request": wire((Cut(30), "up")),
            "reset in the request": wire((Reset(30), "up")),
            "closed in the head": wire((Cut(20), "down")),
            "reset in the head": wire((Reset(20), "down")),
            "only news": text("HTTP/1.1 100 Continue"),
        },
    ),
    "an answer that breaks off, is no HTTP/1.1, or contradicts itself": Row(
        "protocol",
        AGAIN,
        {
            "closed in the body": wire((Cut(100), "down")),
            "reset in the body": wire((Reset(100), "down")),
            "a chunk that breaks off": text(CHUNKED, b"10\r\nhello"),
            "no chunk": text(CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n"),
            "a chunk too large to be true": text(CHUNKED, b"ffffffffffffffffffff\r\nhello"),
            "two lengths": text("HTTP/1.1 200 OK\ncontent-length: 3\ncontent-length: 5", b"hello"),
            "a length and chunks": text(f"{CHUNKED}\ncontent-length: 3", b"5\r\nhello\r\n0\r\n\r\n"),
            "less than no length": text("HTTP/1.1 200 OK\ncontent-length: -3", b"hello"),
            "204 with a body": text("HTTP/1.1 204 No Content\ncontent-length: 5", b"hello"),
            "mail": says(raw(b"220 mail.example.com ESMTP jane\r\n")),
            "a page alone": says(raw(b"<html>jane</html>")),
            "HTTP/2": says(raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
            "a header without end": pours("HTTP/1.1 200 OK\na: ", b"x" * 1_000),
            "headers without end": pours("HTTP/1.1 200 OK\n", b"a: b\r\n" * 200),
            "trailers without end": pours(f"{CHUNKED}\n\n0\n", b"a: b\r\n" * 200),
            "a status without end": pours("HTTP/1.1 200 ", b"x" * 1_000),
        },
    ),
    "a value that cannot stand in the request": Row(
        "request",
        DEAD,
        {"dots": at(NOWHERE, record={"key": ".."}), "nothing": at(NOWHERE, record={"key": None})},
    ),
    "a credential without a value, or that no header can carry": Row(
        "credential",
        WAITS,
        {"no value": at(NOWHERE, credential=None), "two lines": at(NOWHERE, credential="two\nlines")},
    ),
    "a `ca_file` that cannot be read": Row(
        "tls", WAITS, {"no file": at(NOWHERE, trust={"ca_file": "/nowhere/ca.pem"})}
    ),
}
