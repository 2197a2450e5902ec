"""A small HTTP server on loopback that misbehaves on request, for tests of whatever calls one.

It records every request it reads. What it does then is a ``Behaviour``, exchanged at any time: answer,
hang, drip, break off, reset, or refuse connections altogether. It is stopped with its ``async with``.
Its half of the faults is what a server says, request by request; ``proxy.py`` has the other one, a wire
that fails before any server, whatever is said on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Self, TypeAlias

import msgspec

_DRIP_SECONDS = 0.02
_RESET = struct.pack("ii", 1, 0)


class Request(msgspec.Struct, frozen=True):
    """One request as it was read; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour: TypeAlias = Callable[[Request, asyncio.StreamWriter], Awaitable[bool]]
"""Does something with a request and tells whether the connection goes on."""


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer with ``status``; ``retry_after="2"`` becomes the header ``Retry-After: 2``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", *(f"{n}: {v}" for n, v in named.items())]
    whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    async def behave(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(whole)
        await writer.drain()
        return True

    return behave


def raw(text: bytes) -> Behaviour:
    """Send ``text`` as it is, then close: a half answer, or something that is not HTTP."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(text)
        await writer.drain()
        return False

    return behave


async def hang(_: Request, __: asyncio.StreamWriter) -> bool:
    """Say nothing until the other side gives up or the server stops."""
    await asyncio.Event().wait()
    return False


def drip(status: int = 200) -> Behaviour:
    """Send the head at once, then a byte at a time of a body that does not end."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 1000000\r\n\r\n".encode())
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(_DRIP_SECONDS)

    return behave


async def reset(_: Request, writer: asyncio.StreamWriter) -> bool:
    """Break the connection with a TCP reset instead of an answer."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    return False


class FaultServer:
    """A server on 127.0.0.1 and a free port, which stays the same when it refuses and listens again."""

    def __init__(self, behaviour: Behaviour | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour or answer()
        self.requests: list[Request] = []
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.refuse()

    async def listen(self) -> None:
        """Take connections, again or for the first time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Break every connection and take no new ones."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method=method, path=path, headers=headers, body=body)
        self.requests.append(request)
        return await self.behaviour(request, writer)
