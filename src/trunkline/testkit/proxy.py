"""A TCP proxy that breaks the wire between any client and any server: HTTP, PostgreSQL, whatever speaks TCP.

The server behind it is healthy; what fails is the way there. Its other half is ``faults.py``, a server
that is reached and then answers wrongly: what depends on the request belongs there, what strikes bytes
wherever they are belongs here. For authors of connectors, and for our own tests of them.

A *toxic* is a value with a name of its own, put on one direction: ``up`` from the client to the server,
``down`` back. Several work together, and each change holds at once, for connections that are there too::

    async with FaultProxy("127.0.0.1", 5432) as proxy:
        await call(f"127.0.0.1:{proxy.port}")                  # nothing is wrong yet
        proxy.add("slow", Latency(0.2, jitter_seconds=0.1), "down")
        proxy.add("lost", Reset(after_bytes=900), "up")        # counted from now on
        proxy.remove("slow")
        await proxy.refuse()                                   # nobody listens any more ...
        await proxy.listen()                                   # ... and again, on the same port
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys
from typing import Literal, Self, TypeAlias

import msgspec

from trunkline.kernel.clock import Clock, SystemClock

_PIECE_BYTES = 65_536
_PIECES_AHEAD = 16
_RESET = struct.pack("ii", 1, 0)

Direction: TypeAlias = Literal["up", "down"]


class Latency(msgspec.Struct, frozen=True):
    """What is sent arrives ``seconds`` later and, evenly drawn, up to ``jitter_seconds`` more; in order."""

    seconds: float
    jitter_seconds: float = 0.0


class Bandwidth(msgspec.Struct, frozen=True):
    """So many bytes a second pass, ``piece_bytes`` together: a few a second, one by one, are a drip."""

    bytes_per_second: float
    piece_bytes: int = 1_024


class Limit(msgspec.Struct, frozen=True):
    """Strikes once so many bytes passed, counted on each connection since it was put there; 0 is at once."""

    after_bytes: int = 0


class Cut(Limit, frozen=True):
    """Both sides see the other one close: half an answer, or none."""


class Reset(Limit, frozen=True):
    """Both sides see a TCP reset."""


class Blackhole(Limit, frozen=True):
    """What follows is lost, and nobody is told for as long as the connection lasts: it hangs."""


Toxic: TypeAlias = Latency | Bandwidth | Limit


class FaultProxy:
    """Stands on 127.0.0.1 and a free port before ``host`` and ``port``; it ends with its ``async with``.

    ``seed`` decides every jitter: the n-th connection has the same one in each run. A server that cannot
    be reached shows as a reset.
    """

    def __init__(self, host: str, port: int, *, seed: int = 0, clock: Clock | None = None) -> None:
        self.port = 0
        """Where clients connect."""
        self.connections = 0
        """How many were accepted so far."""
        self._behind = (host, port)
        self._seed = seed
        self._clock = clock or SystemClock()
        self._ways: dict[Direction, _Way] = {"up": _Way({}, set()), "down": _Way({}, set())}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.refuse()

    @property
    def bytes_up(self) -> int:
        """How many bytes were passed on to the server, over all connections."""
        return self._ways["up"].passed

    @property
    def bytes_down(self) -> int:
        """How many bytes were passed on to clients, over all connections."""
        return self._ways["down"].passed

    def add(self, name: str, toxic: Toxic, direction: Direction) -> None:
        """Put ``toxic`` on a direction; one that has the name there already is replaced."""
        way = self._ways[direction]
        way.toxics[name] = toxic
        for wire in way.wires:
            wire.look(name)

    def remove(self, name: str) -> None:
        """Take the toxics of this name away, from both directions."""
        for way in self._ways.values():
            way.toxics.pop(name, None)

    def clear(self) -> None:
        """Take every toxic away."""
        for way in self._ways.values():
            way.toxics.clear()

    async def listen(self) -> None:
        """Take connections, again or for the first time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Close every connection and the listening socket: who connects is refused."""
        if self._server is not None:
            self._server.close()
        serving = list(self._serving)
        for connection in serving:
            connection.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        serving = asyncio.ensure_future(self._serve(str(self.connections), reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, number: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            there, back = await asyncio.open_connection(*self._behind)
            ends.append(back)
            up = _Wire(self._ways["up"], reader, back, self._clock, self._chance(number, "up"))
            down = _Wire(self._ways["down"], there, writer, self._clock, self._chance(number, "down"))
            with contextlib.suppress(_Ended):
                await _together(up, down)
            for end in ends:
                end.close()
            await asyncio.gather(*[end.wait_closed() for end in ends])
        except OSError:
            for end in ends:
                _make_it_reset(end)
        finally:
            for end in ends:
                end.transport.abort()

    def _chance(self, number: str, direction: Direction) -> random.Random:
        return random.Random(f"{self._seed} {number} {direction}")  # noqa: S311  repeatable, not secret


class _Way(msgspec.Struct):
    """What all connections share in one direction."""

    toxics: dict[str, Toxic]
    wires: set[_Wire]
    passed: int = 0


class _Ended(Exception):
    """The connection is to be closed on both sides."""


class _Wire:
    """One direction of one connection: reads ahead, and passes on what the toxics of the moment let pass."""

    def __init__(
        self,
        way: _Way,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._way = way
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._chance = chance
        # What was read and when; empty: look at the toxics; None: the sender ended; an error: it broke.
        self._ahead: asyncio.Queue[tuple[float, bytes | OSError | None]] = asyncio.Queue(_PIECES_AHEAD)
        self._passed = 0
        self._counts_from: dict[str, int] = {}
        self._lost = False

    def look(self, name: str) -> None:
        """Count for a new toxic from here, and see at once whether it strikes, even if nothing is sent."""
        self._counts_from[name] = self._passed
        with contextlib.suppress(asyncio.QueueFull):  # then it is about to look anyway
            self._ahead.put_nowait((0.0, b""))

    async def carry(self) -> None:
        """Pass bytes on until their sender ends; raises ``_Ended`` or ``OSError`` where the whole ends."""
        self._way.wires.add(self)
        reading = asyncio.ensure_future(self._read())
        try:
            await self._pass(b"")
            while True:
                at, read = await self._ahead.get()
                if isinstance(read, OSError):
                    raise read
                if read is None:
                    break
                if read:
                    await self._clock.sleep(at + self._delay() - self._clock.monotonic())
                await self._pass(read)
        finally:
            self._way.wires.discard(self)
            reading.cancel()
        if not self._lost:
            self._writer.write_eof()

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_PIECE_BYTES):
                await self._ahead.put((self._clock.monotonic(), data))
            await self._ahead.put((0.0, None))
        except OSError as broken:
            await self._ahead.put((0.0, broken))

    def _delay(self) -> float:
        slow = [toxic for toxic in self._way.toxics.values() if isinstance(toxic, Latency)]
        return sum(one.seconds + one.jitter_seconds * self._chance.random() for one in slow)

    async def _pass(self, data: bytes) -> None:
        """Write data, piece by piece where it is slow, as far as no limit strikes."""
        while not self._lost:
            piece = await self._piece(data)
            room, limit = self._nearest_limit()
            await self._write(piece[:room])
            if limit is not None and room <= len(piece):
                self._strike(limit)
            data = data[len(piece) :]
            if not data:
                return

    async def _piece(self, data: bytes) -> bytes:
        """Return what passes together, once it has taken its time."""
        slow = [toxic for toxic in self._way.toxics.values() if isinstance(toxic, Bandwidth)]
        slowest = min(slow, key=lambda one: one.bytes_per_second, default=None)
        if slowest is None:
            return data
        piece = data[: slowest.piece_bytes]
        await self._clock.sleep(len(piece) / slowest.bytes_per_second)
        return piece

    def _nearest_limit(self) -> tuple[int, Limit | None]:
        """Return after how many bytes a limit strikes, and which; the first of several that strike there."""
        limits = [
            (max(0, self._counts_from.get(name, 0) + toxic.after_bytes - self._passed), toxic)
            for name, toxic in self._way.toxics.items()
            if isinstance(toxic, Limit)
        ]
        return min(limits, key=lambda one: one[0], default=(sys.maxsize, None))

    async def _write(self, piece: bytes) -> None:
        if not piece:
            return
        self._writer.write(piece)
        await self._writer.drain()
        self._passed += len(piece)
        self._way.passed += len(piece)

    def _strike(self, limit: Limit) -> None:
        if isinstance(limit, Reset):
            raise ConnectionResetError
        if isinstance(limit, Cut):
            raise _Ended
        self._lost = True


async def _together(*wires: _Wire) -> None:
    """Carry both ways until both have ended; raises what ends the connection before that."""
    carrying = [asyncio.ensure_future(wire.carry()) for wire in wires]
    try:
        await asyncio.gather(*carrying)
    finally:
        for one in carrying:
            one.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


def _make_it_reset(end: asyncio.StreamWriter) -> None:
    """Have the connection closed by a reset (``SO_LINGER`` of no time) instead of an orderly end."""
    connection: socket.socket = end.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it is closed already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
