"""The door carries requests to webhooks over real sockets, and closes without dropping one."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from tests.unit.surfaces.doors import status_of

from trunkline.surfaces.door import Door, serve
from trunkline.testkit.clock import CountingIds


async def chunks(count: int):
    for _ in range(count):
        yield b"x" * 10_000


# A request reaches its endpoint with method, headers and whole body, and the answer comes back.
async def test_carries_a_request(opened):
    _, session, _ = opened
    async with session.post("/hooks/a", data=b"x" * 90_000, headers={"X-A": "1"}) as answer:
        assert answer.status == 202
        assert await answer.json() == {"method": "POST", "bytes": 90_000, "x": "1"}
    async with session.delete("/hooks/a") as answer:
        assert (await answer.json())["method"] == "DELETE"


# A body that comes in chunks is put together.
async def test_chunked_body(opened):
    _, session, _ = opened
    async with session.post("/hooks/a", data=chunks(9)) as answer:
        assert (await answer.json())["bytes"] == 90_000


# Too large by its Content-Length, or while it is read: 413, and the endpoint never sees it.
async def test_too_large(opened):
    echo, session, _ = opened
    async with session.post("/hooks/a", data=b"x" * 100_001) as answer:
        assert answer.status == 413
    async with session.post("/hooks/a", data=chunks(30)) as answer:
        assert answer.status == 413
    assert echo.handled == 0


# What is mounted has its path and all below it, and no path that only begins like it.
async def test_mounts():
    async def application(scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    listening = await serve(Door({}, CountingIds(), mounts={"/registry": application}), "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.port}") as session:
        for path, status in (("/registry", 200), ("/registry/subjects", 200), ("/registrya", 404)):
            async with session.get(path) as answer:
                assert answer.status == status
    await listening.close()


# An unknown path is a problem 404.
async def test_unknown_path(opened):
    _, session, _ = opened
    async with session.post("/hooks/b", data=b"{}") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


# Closing finishes the request under way and takes no new connection.
async def test_close_finishes_what_is_under_way(opened):
    echo, session, listening = opened
    echo.gate.clear()
    request = asyncio.create_task(status_of(session))
    await echo.entered.wait()
    closing = asyncio.create_task(listening.close())
    await asyncio.sleep(0)
    assert not closing.done()
    echo.gate.set()
    assert await request == 202
    await closing
    with pytest.raises(aiohttp.ClientConnectorError):
        await status_of(session)


# A sender that goes away in the middle of its body leaves nothing behind.
async def test_sender_goes_away(opened):
    echo, session, listening = opened
    _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(b"POST /hooks/a HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await status_of(session) == 202
    assert echo.handled == 1


# An address that is taken is an OSError at once, not a server that never answers.
async def test_taken_address(opened):
    _, _, listening = opened
    with pytest.raises(OSError, match="in use"):
        await serve(Door({}, CountingIds()), "127.0.0.1", listening.port)


# A body that stops in the middle is answered 408 after its time, and reaches no endpoint.
async def test_a_body_that_does_not_come_is_given_up(opened, monkeypatch):
    echo, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.door.BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(b"POST /hooks/a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert echo.handled == 0


# More requests at a time than fit are told to come back, and taken again when some are answered.
async def test_too_many_requests_at_a_time(opened, monkeypatch):
    echo, session, _ = opened
    monkeypatch.setattr("trunkline.surfaces.door.REQUESTS", 1)
    echo.gate.clear()
    first = asyncio.create_task(status_of(session))
    await echo.entered.wait()
    async with session.post("/hooks/a", data=b"{}") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert answer.content_type == "application/problem+json"
    echo.gate.set()
    assert await first == 202
    assert await status_of(session) == 202


# The bodies of all requests at a time are bounded; one alone is taken whatever its size.
async def test_too_many_bytes_at_a_time(opened, monkeypatch):
    echo, session, _ = opened
    monkeypatch.setattr("trunkline.surfaces.door.BODIES_BYTES", 3)
    echo.gate.clear()
    first = asyncio.create_task(status_of(session))
    await echo.entered.wait()
    assert await status_of(session) == 503
    async with session.post("/hooks/a", data=chunks(1)) as answer:
        assert answer.status == 503
    echo.gate.set()
    assert await first == 202
    async with session.post("/hooks/a", data=chunks(9)) as answer:
        assert answer.status == 202


# The start page leads home where there is one; there is nothing without it.
async def test_home():
    for home, expected in (("/control/", (307, "/control/")), ("", (404, None))):
        listening = await serve(Door({}, CountingIds(), home=home), "127.0.0.1", 0)
        async with (
            aiohttp.ClientSession(listening.url) as session,
            session.get("/", allow_redirects=False) as answer,
        ):
            assert (answer.status, answer.headers.get("location")) == expected
        await listening.close()
