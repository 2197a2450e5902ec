"""The HTTP door: one bare ASGI callable in front of every webhook, and the server that carries it.

The composition root gives it the endpoints by path and runs ``serve``. It is bare ASGI because it is the
hot path: a router and request objects cost more than everything intake does with an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trunkline.intake.problem import WebhookAnswer, answer_json, answer_problem, problem
from trunkline.intake.webhook import WebhookRequest
from trunkline.kernel.ids import Ids

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Probe: TypeAlias = Callable[[], str]

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
HEAD_SECONDS = 30.0
"""How long the head of a request may take to come, from the connection or from its first byte."""
BODY_SECONDS = 30.0
"""How long a body may take to come once its head is there."""
HEAD_BYTES = 65_536
"""How long a head may be that comes in several pieces; a piece has up to four times as much."""
REQUESTS = 1_000
"""How many requests to webhooks are under way at a time."""
BODIES_BYTES = 256 * 1_048_576
"""Their bodies' bytes together, counted as announced, or as the most that is taken where they are not."""
FINISH_SECONDS = 30
"""How long requests under way may take to finish once the door was told to close."""


_TOO_LARGE_A_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Endpoint(Protocol):
    """What the door needs of a webhook."""

    body_bytes: int

    async def handle(self, request: WebhookRequest) -> WebhookAnswer:
        """Answer a request that was read whole."""

    def too_large(self) -> WebhookAnswer:
        """Answer a request whose body is beyond ``body_bytes``."""

    def too_slow(self) -> WebhookAnswer:
        """Answer a request whose body did not come in time."""


class Door:
    """The ASGI application.

    ``endpoints`` are by path. ``unready`` returns why this process should get no traffic, or nothing:
    ``GET /ready`` is 200 or 503 by it, and ``GET /health`` is 200 as long as the process answers.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint], ids: Ids, unready: Probe = str) -> None:
        self._endpoints = dict(endpoints)
        self._ids = ids
        self._unready = unready
        self._requests = 0
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is None:
            answer: WebhookAnswer | None = self._aside(scope)
        else:
            answer = await self._admit(endpoint, scope, receive)
        if answer is None:
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _admit(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> WebhookAnswer | None:
        """Have a request answered within the bounds on what is under way; one alone is always taken."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length")
        size = endpoint.body_bytes if length is None else int(length)
        if size > endpoint.body_bytes:
            return endpoint.too_large()
        if self._requests and (self._requests >= REQUESTS or self._bytes + size > BODIES_BYTES):
            later = [(b"retry-after", b"1")]
            return self._problem(503, "Busy", "too much is under way at a time: come back", later)
        self._requests += 1
        self._bytes += size
        try:
            return await _answer(endpoint, scope["method"], headers, receive)
        finally:
            self._requests -= 1
            self._bytes -= size

    def _aside(self, scope: Scope) -> WebhookAnswer:
        path, method = scope["path"], scope["method"]
        if path not in ("/health", "/ready"):
            return self._problem(
                404, "Nothing here", "no webhook listens at this path: look for a misspelling"
            )
        if method not in ("GET", "HEAD"):
            return self._problem(405, "Method not allowed", "ask with GET", [(b"allow", b"GET, HEAD")])
        why = self._unready() if path == "/ready" else ""
        if why:
            return self._problem(503, "Not ready", why, [(b"retry-after", b"5")])
        return answer_json(200, b'{"status":"ok"}')

    def _problem(
        self, status: int, title: str, detail: str, headers: list[tuple[bytes, bytes]] | None = None
    ) -> WebhookAnswer:
        return answer_problem(problem(status, title, detail, self._ids.trace_id()), headers)


async def _answer(
    endpoint: Endpoint, method: str, headers: dict[bytes, bytes], receive: Receive
) -> WebhookAnswer | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message, body = await _rest(message, receive, endpoint.body_bytes)
        except TimeoutError:
            return endpoint.too_slow()
    if message["type"] == "http.disconnect":
        return None  # the sender went away in the middle: it got no answer, so nothing is taken
    if len(body) > endpoint.body_bytes:
        return endpoint.too_large()
    return await endpoint.handle(WebhookRequest(method, headers, body))


async def _rest(message: Scope, receive: Receive, most: int) -> tuple[Scope, bytes]:
    """Read on until the body is whole or beyond ``most``; return the last message and what was read."""
    chunks = bytearray(message["body"])
    while message.get("more_body") and len(chunks) <= most:
        message = await receive()
        chunks += message.get("body", b"")
    return message, bytes(chunks)


class Connection(HttpToolsProtocol):
    """uvicorn's connection, ended where the head of a request is too large or does not come in time.

    uvicorn knows a time for the pause between two requests only, which the first byte of a head ends. A
    request under way is answered first. The slow one gets no answer: there is no request yet. A head that
    comes in one piece, as nearly all do, costs no timer.
    """

    _in_head = False
    _head_bytes = 0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Expect a head from now on."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Expect the rest of a head that was not whole."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.write(_TOO_LARGE_A_HEAD)
                self.transport.close()
            self._expect_head()

    def on_message_begin(self) -> None:
        """Note the first byte of a head."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Expect no head any more, and begin the request."""
        self._in_head = False
        self._expect_nothing()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.shutdown)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(uvicorn.Server):
    """uvicorn, leaving the process's signals to the composition root."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: ``Listening.close`` ends the server."""
        yield


class Listening:
    """An open door: where it listens, and the way to close it."""

    def __init__(self, host: str, port: int, server: Server, task: asyncio.Task[None]) -> None:
        self.host = host
        self.port = port
        self._server = server
        self._task = task

    async def close(self) -> None:
        """Take no more requests, finish those under way, and return."""
        self._server.should_exit = True
        await self._task


async def serve(door: Door, host: str, port: int) -> Listening:
    """Listen on ``host`` and ``port`` (0: any free one) and return at once.

    Raises ``OSError`` where the address cannot be had.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        door,
        loop="none",
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="door")
    bound_host, bound_port = listener.getsockname()[:2]
    return Listening(bound_host, bound_port, server, task)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
