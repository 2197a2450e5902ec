"""The proxy breaks the wire as it says, seen from a bare socket on each side."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from trunkline.testkit.clock import ManualClock
from trunkline.testkit.proxy import Bandwidth, Blackhole, Cut, FaultProxy, Latency, Reset


class Echo:
    """A server that gives back what it gets, and notes what that was and how each connection ended."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.ends: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *failure):
        self._server.close()

    async def _serve(self, reader, writer):
        end = "end"
        try:
            while data := await reader.read(65_536):
                self.got += data
                writer.write(data)
                await writer.drain()
        except ConnectionResetError:
            end = "reset"
        finally:
            writer.close()
            self.ends.put_nowait(end)


@contextlib.asynccontextmanager
async def connected(proxy):
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def proxied(**settings):
    async with Echo() as server, FaultProxy("127.0.0.1", server.port, **settings) as proxy:
        yield proxy, server


async def until(condition) -> None:
    while not condition():  # noqa: ASYNC110  what is waited for has no event
        await asyncio.sleep(0)


async def advance_until(clock, done) -> float:
    """Move the clock from sleeper to sleeper until ``done``; return how many seconds that took."""
    start = clock.monotonic()
    while not done.done():
        if clock.next_wake is not None:
            clock.advance_to(clock.next_wake)
        await asyncio.sleep(0)
    return clock.monotonic() - start


# Without a toxic it is a wire: bytes arrive as they are, ends are passed on, and all is counted.
async def test_a_wire():
    async with proxied() as (proxy, server), connected(proxy) as (reader, writer):
        sent = bytes(range(256)) * 4_096
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == sent
        assert bytes(server.got) == sent
        assert (proxy.connections, proxy.bytes_up, proxy.bytes_down) == (1, len(sent), len(sent))
        assert await server.ends.get() == "end"


# Half an answer: so many bytes come, then an orderly end on both sides.
async def test_cut():
    async with proxied() as (proxy, server):
        proxy.add("half", Cut(after_bytes=3), "down")
        async with connected(proxy) as (reader, writer):
            writer.write(b"12345")
            assert await reader.read() == b"123"
            assert await server.ends.get() == "end"
        proxy.remove("half")
        async with connected(proxy) as (reader, writer):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"


# A reset is a reset, for the client and for the server.
@pytest.mark.parametrize("direction", ["up", "down"])
async def test_reset(direction):
    async with proxied() as (proxy, server):
        proxy.add("broken", Reset(after_bytes=3), direction)
        async with connected(proxy) as (reader, writer):
            writer.write(b"hello")
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(5)
            assert await server.ends.get() == "reset"
    assert len(server.got) == (3 if direction == "up" else 5)


# After no byte at all a limit strikes before anything is said.
@pytest.mark.parametrize("direction", ["up", "down"])
async def test_at_once(direction):
    async with proxied() as (proxy, server):
        proxy.add("closed", Cut(), direction)
        async with connected(proxy) as (reader, _):
            assert await reader.read() == b""
        proxy.add("closed", Reset(), direction)
        async with connected(proxy) as (reader, _):
            with pytest.raises(ConnectionResetError):
                await reader.read()
    assert server.got == b""


# A limit that comes to a connection which stands still strikes there and then.
async def test_at_once_on_a_connection_that_is_idle():
    async with proxied() as (proxy, _), connected(proxy) as (reader, writer):
        writer.write(b"hello")
        await reader.readexactly(5)
        proxy.add("broken", Reset(), "up")
        with pytest.raises(ConnectionResetError):
            await reader.read()


# Bytes that passed before a limit came do not count towards it.
async def test_a_limit_counts_from_when_it_came():
    async with proxied() as (proxy, _), connected(proxy) as (reader, writer):
        writer.write(b"hello")
        await reader.readexactly(5)
        proxy.add("half", Cut(after_bytes=2), "down")
        writer.write(b"hello")
        assert await reader.read() == b"he"


# What a black hole took does not come back: the connection stays silent, a new one works.
async def test_blackhole():
    async with proxied() as (proxy, server), connected(proxy) as (reader, writer):
        proxy.add("hole", Blackhole(after_bytes=2), "down")
        writer.write(b"hello")
        assert await reader.readexactly(2) == b"he"
        await until(lambda: server.got == b"hello")
        proxy.clear()
        async with connected(proxy) as (other, one):
            one.write(b"again")
            assert await other.readexactly(5) == b"again"
        assert proxy.bytes_down == 7
        await proxy.refuse()
        assert await reader.read() == b""


# It hangs: accepted, and nothing that is said arrives, also once others are heard again.
async def test_hang():
    clock = ManualClock()
    async with proxied(clock=clock) as (proxy, server), connected(proxy) as (_, writer):
        proxy.add("hang", Blackhole(), "up")
        proxy.add("slow", Latency(1.0), "up")
        writer.write(b"hello")
        await until(lambda: clock.next_wake is not None)
        proxy.clear()
        clock.advance(1.0)
        async with connected(proxy) as (reader, other):
            other.write(b"again")
            assert await reader.readexactly(5) == b"again"
        assert server.got == b"again"


# Latency is on the clock and per direction, does not add up over what is sent one after the other, and the
# same seed has the same jitter.
async def test_latency():
    took = []
    for seed in (1, 1, 2):
        clock = ManualClock()
        async with proxied(clock=clock, seed=seed) as (proxy, server), connected(proxy) as (reader, writer):
            proxy.add("slow", Latency(2.0, jitter_seconds=1.0), "down")
            writer.write(b"a")
            await until(lambda server=server: server.got == b"a")
            took.append(await advance_until(clock, asyncio.ensure_future(reader.readexactly(1))))
    assert took[0] == took[1] != took[2]
    assert all(2.0 <= seconds <= 3.0 for seconds in took)


# Two messages that follow one another are each late once, not the second one twice.
async def test_latency_is_no_queue():
    clock = ManualClock()
    async with proxied(clock=clock) as (proxy, server), connected(proxy) as (reader, writer):
        proxy.add("slow", Latency(2.0), "up")
        writer.write(b"a")
        await until(lambda: clock.next_wake is not None)
        clock.advance(1.0)
        writer.write(b"b")
        async with connected(server) as (other, one):  # meanwhile the proxy has read what came before this
            one.write(b"c")
            await other.readexactly(1)
        assert await advance_until(clock, asyncio.ensure_future(reader.readexactly(2))) <= 2.0


# A drip comes byte by byte in its time, and ends when the toxic goes.
async def test_bandwidth():
    clock = ManualClock()
    async with proxied(clock=clock) as (proxy, _), connected(proxy) as (reader, writer):
        proxy.add("drip", Bandwidth(bytes_per_second=2, piece_bytes=1), "down")
        writer.write(b"hello" * 100)
        for count in range(10):
            await until(lambda: clock.next_wake is not None)
            assert proxy.bytes_down == count
            clock.advance(0.5)
            await until(lambda count=count: proxy.bytes_down > count)
        proxy.remove("drip")
        await advance_until(clock, asyncio.ensure_future(reader.readexactly(500)))
        assert clock.monotonic() == ManualClock().monotonic() + 5.5


# Toxics work together: late, slow, and cut in the middle.
async def test_toxics_compose():
    clock = ManualClock()
    async with proxied(clock=clock) as (proxy, _), connected(proxy) as (reader, writer):
        proxy.add("slow", Latency(3.0), "down")
        proxy.add("thin", Bandwidth(bytes_per_second=1, piece_bytes=2), "down")
        proxy.add("half", Cut(after_bytes=3), "down")
        writer.write(b"12345")
        answer = asyncio.ensure_future(reader.read())
        assert await advance_until(clock, answer) == pytest.approx(7.0)
        assert answer.result() == b"123"


# Refusing closes what is there and lets nobody in; listening again is on the same port.
async def test_refuse_and_listen():
    async with proxied() as (proxy, _):
        async with connected(proxy) as (reader, writer):
            writer.write(b"hello")
            await reader.readexactly(5)
            await proxy.refuse()
            assert await reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            async with connected(proxy):
                pass
        await proxy.listen()
        async with connected(proxy) as (reader, writer):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"


# A server that is not there shows as a reset.
async def test_nobody_behind():
    async with proxied() as (_, server):
        port = server.port
    async with FaultProxy("127.0.0.1", port) as proxy, connected(proxy) as (reader, _):
        with pytest.raises(ConnectionResetError):
            await reader.read()


# Its block ends even while nobody reads what it has to pass on.
async def test_it_ends_with_its_block_whatever_is_under_way():
    async with proxied() as (proxy, _), connected(proxy) as (_, writer):
        writer.write(b"x" * 30_000_000)
        await until(lambda: proxy.bytes_down)
