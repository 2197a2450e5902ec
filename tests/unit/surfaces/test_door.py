"""The door carries requests to webhooks over real sockets, and closes without dropping one."""

from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
import pytest

from trunkline.intake.problem import WebhookAnswer, answer_json
from trunkline.surfaces.door import Door, serve
from trunkline.testkit.clock import CountingIds


class Echo:
    """An endpoint that answers with what it got; while ``gate`` is closed it answers nobody."""

    body_bytes = 100_000

    def __init__(self):
        self.handled = 0
        self.turns = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()

    async def handle_all(self, requests):
        self.turns.append(len(requests))
        return [await self.handle(request) for request in requests]

    async def handle(self, request):
        self.handled += 1
        self.entered.set()
        await self.gate.wait()
        sent = request.headers.get(b"x-a", b"").decode()
        return answer_json(
            202, json.dumps({"method": request.method, "bytes": len(request.body), "x": sent}).encode()
        )

    def too_large(self):
        return WebhookAnswer(413, [(b"content-length", b"0")], b"")

    def too_slow(self):
        return WebhookAnswer(408, [(b"content-length", b"0")], b"")


@pytest.fixture
async def opened():
    """Give an echo endpoint, a switch for readiness, and a client session on an open door."""
    echo, why = Echo(), []
    listening = await serve(Door({"/hooks/a": echo}, CountingIds(), lambda: "".join(why)), "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.port}") as session:
        yield echo, why, session, listening
    await listening.close()


async def status_of(session) -> int:
    async with session.post("/hooks/a", data=b"{}") as answer:
        return answer.status


async def chunks(count: int):
    for _ in range(count):
        yield b"x" * 10_000


# A request reaches its endpoint with method, headers and whole body, and the answer comes back.
async def test_carries_a_request(opened):
    _, _, session, _ = opened
    async with session.post("/hooks/a", data=b"x" * 90_000, headers={"X-A": "1"}) as answer:
        assert answer.status == 202
        assert await answer.json() == {"method": "POST", "bytes": 90_000, "x": "1"}
    async with session.delete("/hooks/a") as answer:
        assert (await answer.json())["method"] == "DELETE"


# A body that comes in chunks is put together.
async def test_chunked_body(opened):
    _, _, session, _ = opened
    async with session.post("/hooks/a", data=chunks(9)) as answer:
        assert (await answer.json())["bytes"] == 90_000


# Too large by its Content-Length, or while it is read: 413, and the endpoint never sees it.
async def test_too_large(opened):
    echo, _, session, _ = opened
    async with session.post("/hooks/a", data=b"x" * 100_001) as answer:
        assert answer.status == 413
    async with session.post("/hooks/a", data=chunks(30)) as answer:
        assert answer.status == 413
    assert echo.handled == 0


# An unknown path is a problem 404.
async def test_unknown_path(opened):
    _, _, session, _ = opened
    async with session.post("/hooks/b", data=b"{}") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


# Health says that the process answers; readiness says why it should get no traffic.
async def test_probes(opened):
    _, why, session, _ = opened
    for path in ("/health", "/ready"):
        async with session.get(path) as answer:
            assert answer.status == 200
        async with session.post(path) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    why.append("the store is away")
    async with session.get("/ready") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert (await answer.json(content_type=None))["detail"] == "the store is away"
    async with session.get("/health") as answer:
        assert answer.status == 200


# Closing finishes the request under way and takes no new connection.
async def test_close_finishes_what_is_under_way(opened):
    echo, _, session, listening = opened
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
    echo, _, session, listening = opened
    _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(b"POST /hooks/a HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await status_of(session) == 202
    assert echo.handled == 1


# An address that is taken is an OSError at once, not a server that never answers.
async def test_taken_address(opened):
    _, _, _, listening = opened
    with pytest.raises(OSError, match="in use"):
        await serve(Door({}, CountingIds()), "127.0.0.1", listening.port)


# A body that stops in the middle is answered 408 after its time, and reaches no endpoint.
async def test_a_body_that_does_not_come_is_given_up(opened, monkeypatch):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.door.BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(b"POST /hooks/a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert echo.handled == 0


HALF_A_HEAD = b"POST /hooks/a HTTP/1.1\r\nhost:"
WHOLE = b"POST /hooks/a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


async def sent(listening, what: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(what)
    await writer.drain()
    return reader, writer


# A connection on which no head, or half of one, comes in time is closed without an answer.
@pytest.mark.parametrize("half", [b"", HALF_A_HEAD])
async def test_a_head_that_does_not_come_is_given_up(opened, monkeypatch, half):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    reader, writer = await sent(listening, half)
    assert await reader.read() == b""
    writer.close()
    assert echo.handled == 0


# A head that drips gains no time by each piece.
async def test_a_head_that_drips_is_given_up(opened, monkeypatch):
    _, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    reader, writer = await sent(listening, HALF_A_HEAD)
    ended = asyncio.ensure_future(reader.read())
    with contextlib.suppress(ConnectionError):
        while not (await asyncio.wait({ended}, timeout=0.01))[0]:
            writer.write(b"x")
            await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError):
        assert await ended == b""


# What comes after a request on its connection has no more time than the first.
async def test_a_later_head_is_given_up_too(opened, monkeypatch):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    reader, writer = await sent(listening, WHOLE)
    assert (await reader.readline()).startswith(b"HTTP/1.1 202 ")
    writer.write(HALF_A_HEAD)
    await writer.drain()
    assert (await reader.read()).endswith(b'"x": ""}')
    writer.close()
    assert echo.handled == 1


# The pause between two requests is not the time of a head: a kept connection outlasts it.
async def test_a_kept_connection_is_left_open(opened, monkeypatch):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    reader, writer = await sent(listening, WHOLE)
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 202 ")
    later, other = await sent(listening, HALF_A_HEAD)
    assert await later.read() == b""  # so the time of one before it is over
    writer.write(WHOLE)
    await writer.drain()
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 202 ")
    for each in (writer, other):
        each.close()
    assert echo.handled == 2


# A request under way is answered however long that takes, with half a head behind it or without.
async def test_a_request_under_way_is_answered_first(opened, monkeypatch):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    echo.gate.clear()
    alone, followed = await sent(listening, WHOLE), await sent(listening, WHOLE + HALF_A_HEAD)
    later, writer = await sent(listening, b"")
    assert await later.read() == b""  # so the time of those before it is over
    echo.gate.set()
    answer = await followed[0].read()
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert (await alone[0].readline()).startswith(b"HTTP/1.1 202 ")
    for each in (alone[1], followed[1], writer):
        each.close()
    assert echo.handled == 2


# More requests at a time than fit are told to come back, and taken again when some are answered.
async def test_too_many_requests_at_a_time(opened, monkeypatch):
    echo, _, session, _ = opened
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
    echo, _, session, _ = opened
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


# A head without an end is refused at its bound, long before its time is over.
async def test_a_head_that_is_too_large(opened, monkeypatch):
    echo, _, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_BYTES", 1_000)
    reader, writer = await sent(listening, HALF_A_HEAD + b"x" * 1_000)
    assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
    writer.close()
    assert echo.handled == 0


# Requests that come whole in one turn are handed over together; each gets its own answer.
async def test_requests_of_one_turn_are_answered_together(opened):
    echo, _, _, listening = opened
    senders = [await asyncio.open_connection("127.0.0.1", listening.port) for _ in range(3)]
    for number, (_, writer) in enumerate(senders):
        writer.write(WHOLE.replace(b"host", b"x-a: %d\r\nhost" % number))
    for number, (reader, writer) in enumerate(senders):
        assert b'"x": "%d"' % number in await reader.readuntil(b"}")
        writer.close()
    assert echo.handled == sum(echo.turns) == 3


# What is not one whole request goes the longer way and is answered the same, in its order.
@pytest.mark.parametrize(
    "pieces",
    [
        (WHOLE + WHOLE.replace(b"host", b"x-a: 2\r\nhost"),),
        (WHOLE[:-1], b"}" + WHOLE.replace(b"host", b"x-a: 2\r\nhost")),
        (WHOLE, WHOLE.replace(b"host", b"x-a: 2\r\nconnection: close\r\nhost")),
        (WHOLE, WHOLE.replace(b"/hooks/a", b"/hooks/%61?q=1").replace(b"host", b"x-a: 2\r\nhost")),
        (
            WHOLE,
            b"POST /hooks/a HTTP/1.1\r\nhost: x\r\nx-a: 2\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
            b"1\r\n}\r\n0\r\n\r\n",
        ),
    ],
)
async def test_what_is_not_whole(opened, pieces):
    echo, _, _, listening = opened
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    bodies = [(await reader.readuntil(b"}")).rpartition(b"\r\n")[2] for _ in range(2)]
    assert [json.loads(body) for body in bodies] == [
        {"method": "POST", "bytes": 2, "x": ""},
        {"method": "POST", "bytes": 2, "x": "2"},
    ]
    writer.close()
    assert echo.handled == 2


# A fault of ours in an endpoint is a 500 for who was in it, and the door stays open.
async def test_a_fault_of_ours(opened):
    echo, _, session, listening = opened
    echo.gate = None
    reader, writer = await sent(listening, WHOLE)
    assert (await reader.read()).startswith(b"HTTP/1.1 500 ")
    writer.close()
    echo.gate = asyncio.Event()
    echo.gate.set()
    assert await status_of(session) == 202


# A sender that goes away while its request is under way takes nobody with it.
async def test_a_sender_goes_away_while_it_waits(opened):
    echo, _, session, listening = opened
    echo.gate.clear()
    _, writer = await sent(listening, WHOLE)
    await echo.entered.wait()
    writer.close()
    await writer.wait_closed()
    waiting = asyncio.create_task(status_of(session))
    echo.gate.set()
    assert await waiting == 202
