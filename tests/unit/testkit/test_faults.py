"""The server that misbehaves does what it says, seen from a bare socket."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from trunkline.testkit.faults import FaultServer, Request, answer, drip, hang, raw, reset

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


@contextlib.asynccontextmanager
async def asked(server: FaultServer, request: bytes = GET):
    """Send a request and yield what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    try:
        writer.write(request)
        await writer.drain()
        yield reader
    finally:
        writer.close()


# It answers, keeps the connection, and remembers what it was asked.
async def test_it_answers_and_remembers() -> None:
    put = b"PUT /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
    async with FaultServer(answer(503, b"no", retry_after="2")) as server, asked(server, put * 2) as reader:
        for _ in range(2):
            assert await reader.readuntil(b"\r\n\r\nno") == (
                b"HTTP/1.1 503 x\r\ncontent-length: 2\r\nretry-after: 2\r\n\r\nno"
            )
        assert server.requests == [Request("PUT", "/b", {"content-length": "2"}, b"hi")] * 2


# A raw text is all there is: the connection closes after it.
async def test_a_half_answer_ends() -> None:
    async with FaultServer(raw(b"HTTP/1.1 2")) as server, asked(server) as reader:
        assert await reader.read() == b"HTTP/1.1 2"


# A reset is a reset, not an orderly end.
async def test_a_reset_is_a_reset() -> None:
    async with FaultServer(reset) as server, asked(server) as reader:
        with pytest.raises(ConnectionResetError):
            await reader.read()


# A dripping body goes on until the server stops.
async def test_dripping_ends_with_the_server() -> None:
    async with FaultServer(drip()) as server, asked(server) as reader:
        assert (await reader.readuntil(b"\r\n\r\n...")).startswith(b"HTTP/1.1 200")
        await server.refuse()
        assert set(await reader.read()) <= set(b".")


# A hanging answer does not come, and the connection ends with the server.
async def test_hanging_ends_with_the_server() -> None:
    reached = asyncio.Event()

    async def reach(request, writer) -> bool:
        reached.set()
        return await hang(request, writer)

    async with FaultServer(reach) as server, asked(server) as reader:
        await reached.wait()
        await server.refuse()
        assert await reader.read() == b""


# A server that refuses can be found again at the same place.
async def test_refusing_and_listening_again() -> None:
    async with FaultServer() as server:
        url = server.url
        await server.refuse()
        with pytest.raises(ConnectionRefusedError):
            async with asked(server):
                pass
        await server.listen()
        assert server.url == url
        async with asked(server) as reader:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
