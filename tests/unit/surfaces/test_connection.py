"""A connection hands whole requests over by the turn, does the rest by ASGI, and ends late heads."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from tests.unit.surfaces.doors import HALF_A_HEAD, WHOLE, sent, status_of

from trunkline.surfaces.door import Door, serve
from trunkline.testkit.clock import CountingIds


# A connection on which no head, or half of one, comes in time is closed without an answer.
@pytest.mark.parametrize("half", [b"", HALF_A_HEAD])
async def test_a_head_that_does_not_come_is_given_up(opened, monkeypatch, half):
    echo, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_SECONDS", 0.05)
    reader, writer = await sent(listening, half)
    assert await reader.read() == b""
    writer.close()
    assert echo.handled == 0


# A head that drips gains no time by each piece.
async def test_a_head_that_drips_is_given_up(opened, monkeypatch):
    _, _, listening = opened
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
    echo, _, listening = opened
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
    echo, _, listening = opened
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


# A connection that rests for too long after an answer is closed, but not while a request is under way.
async def test_a_connection_that_rests(opened, monkeypatch):
    echo = opened[0]
    monkeypatch.setattr("trunkline.surfaces.door.KEEP_ALIVE_SECONDS", 0.05)
    listening = await serve(Door({"/hooks/a": echo}, CountingIds()), "127.0.0.1", 0)
    reader, writer = await sent(listening, WHOLE)
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 202 ")
    echo.gate.clear()
    writer.write(WHOLE)
    await writer.drain()
    other, closing = await sent(listening, WHOLE.replace(b"POST /hooks/a", b"GET /health"))
    assert (await other.read()).startswith(b"HTTP/1.1 404 ")  # closed: its time of rest is over
    echo.gate.set()
    assert (await reader.read()).startswith(b"HTTP/1.1 202 ")
    for each in (writer, closing):
        each.close()
    await listening.close()
    assert echo.handled == 2


# A request under way is answered however long that takes, with half a head behind it or without.
async def test_a_request_under_way_is_answered_first(opened, monkeypatch):
    echo, _, listening = opened
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


# A head without an end is refused at its bound, long before its time is over.
async def test_a_head_that_is_too_large(opened, monkeypatch):
    echo, _, listening = opened
    monkeypatch.setattr("trunkline.surfaces.connection.HEAD_BYTES", 1_000)
    reader, writer = await sent(listening, HALF_A_HEAD + b"x" * 1_000)
    assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
    writer.close()
    assert echo.handled == 0


# Requests that come whole in one turn are handed over together; each gets its own answer.
async def test_requests_of_one_turn_are_answered_together(opened):
    echo, _, listening = opened
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
    echo, _, listening = opened
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
    echo, session, listening = opened
    echo.gate = None
    reader, writer = await sent(listening, WHOLE)
    assert (await reader.read()).startswith(b"HTTP/1.1 500 ")
    writer.close()
    echo.gate = asyncio.Event()
    echo.gate.set()
    assert await status_of(session) == 202


# A sender that goes away while its request is under way takes nobody with it.
async def test_a_sender_goes_away_while_it_waits(opened):
    echo, session, listening = opened
    echo.gate.clear()
    _, writer = await sent(listening, WHOLE)
    await echo.entered.wait()
    writer.close()
    await writer.wait_closed()
    waiting = asyncio.create_task(status_of(session))
    echo.gate.set()
    assert await waiting == 202
