"""Asking the running process to do what only it may do: a role has one holder.

``trunkline run`` opens a control port on the loopback address, on any free port, and writes where it is
with a fresh token into ``state/control-<role>.json`` (mode 0600) for each of its roles: whoever may read
those files may read the store as well. One line of JSON asks, one line answers. Commands that write use it
when their role is held, so ``trunkline dead retry`` works the same whether the project runs or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from typing import TypeAlias

import msgspec

from trunkline.adapters.keyfile.private import NotPrivate, read_private, write_private
from trunkline.kernel.errors import SecretUnavailable, StoreError, TrunklineError, UsageError
from trunkline.vault.secret import Secret

LINE_BYTES = 64 * 1_048_576
"""The longest request or answer: a batch of records to publish and their receipts."""

SEATS = 8
"""How many connections are read at a time; more wait, unread."""

LINE_SECONDS = 30.0
"""How long a request may take to come; then its connection is closed."""

_FINISH_SECONDS = 5.0

Handler: TypeAlias = Callable[[bytes], Awaitable[bytes]]
"""Does what is asked: from an act as JSON to its result as JSON."""

_KINDS: dict[str, type[TrunklineError]] = {
    kind.__name__: kind for kind in (StoreError, SecretUnavailable, UsageError, TrunklineError)
}


class NotRunning(TrunklineError):
    """No process answers on the control port of this project."""


class _Address(msgspec.Struct, frozen=True):
    port: int
    token: str


class _Request(msgspec.Struct, frozen=True):
    token: str
    act: msgspec.Raw


class _Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    result: msgspec.Raw = msgspec.Raw(b"null")
    failure: str = ""
    message: str = ""


@contextlib.asynccontextmanager
async def serving(paths: Collection[Path], handler: Handler) -> AsyncIterator[None]:
    """Answer requests while the block runs; ``paths`` are where the address is written for ``ask``.

    Leaving the block finishes what is being done and closes connections that wait for nothing.
    """
    desk = _Desk(handler)
    server = await asyncio.start_server(desk.connected, "127.0.0.1", 0, limit=LINE_BYTES)
    port = server.sockets[0].getsockname()[1]
    for path in paths:
        path.unlink(missing_ok=True)
        write_private(path, msgspec.json.encode(_Address(port, desk.token.reveal())))
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
        server.close()
        await desk.close()


class _Desk:
    """Takes requests from any number of connections, one at a time from each."""

    def __init__(self, handler: Handler) -> None:
        self.token = Secret(secrets.token_urlsafe(32))
        self._handler = handler
        self._seats = asyncio.Semaphore(SEATS)
        self._connections: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._closing = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        # the asker went away, was too slow, sent more than a line may hold, or we stop
        with contextlib.suppress(OSError, ValueError, RuntimeError, asyncio.CancelledError):
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # that of a socket has it
            async with self._seats:
                writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
                await self._serve(task, reader, writer)
        self._busy.discard(task)
        self._connections.discard(task)
        writer.close()

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while not self._closing and (line := await _line(reader)):
            self._busy.add(task)
            writer.write(await _answered(line, self.token, self._handler) + b"\n")
            await writer.drain()
            self._busy.discard(task)

    async def close(self) -> None:
        self._closing = True
        for task in self._connections - self._busy:
            task.cancel()
        if self._busy:
            await asyncio.wait(self._busy, timeout=_FINISH_SECONDS)
        for task in set(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(LINE_SECONDS):
        return await reader.readline()


async def _answered(line: bytes, token: Secret, handler: Handler) -> bytes:
    try:
        request = msgspec.json.decode(line, type=_Request)
    except msgspec.DecodeError:
        return msgspec.json.encode(_Answer(failure="TrunklineError", message="the request is not understood"))
    if not hmac.compare_digest(request.token.encode(), token.reveal().encode()):
        return msgspec.json.encode(_Answer(failure="TrunklineError", message="the control token is wrong"))
    try:
        result = await handler(bytes(request.act))
    except TrunklineError as error:
        return msgspec.json.encode(_Answer(failure=_kind_of(error), message=str(error)))
    return msgspec.json.encode(_Answer(result=msgspec.Raw(result)))


def _kind_of(error: TrunklineError) -> str:
    return next(name for name, kind in _KINDS.items() if isinstance(error, kind))


async def answers(path: Path) -> bool:
    """Tell whether a process listens where ``path`` says: one that was killed leaves the file behind."""
    try:
        _, writer = await _connected(_address(path))
    except NotRunning:
        return False
    writer.close()
    return True


async def ask(path: Path, act: bytes) -> bytes:
    """Have the running process do ``act`` and return its result as JSON.

    Raises ``NotRunning`` where nobody answers, and the error that the act itself ended with.
    """
    address = _address(path)
    reader, writer = await _connected(address)
    try:
        writer.write(msgspec.json.encode(_Request(address.token, msgspec.Raw(act))) + b"\n")
        await writer.drain()
        return _result(await reader.readline())
    except OSError:
        raise NotRunning("the process that holds the store ended while it was asked") from None
    finally:
        writer.close()


async def _connected(address: _Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection("127.0.0.1", address.port, limit=LINE_BYTES)
    except OSError:
        raise NotRunning("no process answers on the control port of this project") from None


def _address(path: Path) -> _Address:
    try:
        return msgspec.json.decode(read_private(path), type=_Address)
    except FileNotFoundError:
        raise NotRunning("no process listens on a control port of this project") from None
    except (NotPrivate, OSError, msgspec.DecodeError) as error:
        raise NotRunning(f"{path} cannot be used: {error}") from None


def _result(line: bytes) -> bytes:
    try:
        answer = msgspec.json.decode(line, type=_Answer)
    except msgspec.DecodeError:
        raise NotRunning("the process that holds the store ended while it was asked") from None
    if answer.failure:
        raise _KINDS.get(answer.failure, TrunklineError)(answer.message)
    return bytes(answer.result)
