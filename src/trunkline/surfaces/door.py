"""The HTTP door: one bare ASGI callable in front of every webhook, and the server that carries it.

The composition root gives it the endpoints by path and runs ``serve``. A request that came whole in one
piece, as nearly all do, goes from the connection to its endpoint together with all that came in the same
turn of the event loop: ASGI's scope, messages and task a request cost more than everything intake does
with an event. All others go by ASGI.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias, cast

import uvicorn

from trunkline.intake.problem import WebhookAnswer, answer_problem, problem
from trunkline.intake.webhook import WebhookRequest
from trunkline.kernel.ids import Ids
from trunkline.surfaces.connection import Batching, Connection, Exchange

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
BODY_SECONDS = 30.0
"""How long a body may take to come once its head is there."""
REQUESTS = 1_000
"""How many requests to webhooks are under way at a time."""
BODIES_BYTES = 256 * 1_048_576
"""Their bodies' bytes together, counted as announced, or as the most that is taken where they are not."""
FINISH_SECONDS = 30
"""How long requests under way may take to finish once the door was told to close."""


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

    ``endpoints`` are by path, ``mounts`` all that is no webhook: ASGI applications by the path that they and
    all below it have. ``GET /`` leads ``home``, where there is one.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        ids: Ids,
        mounts: Mapping[str, Application] | None = None,
        home: str = "",
    ) -> None:
        self._home = home
        self._endpoints = dict(endpoints)
        self._mounts = dict(mounts or {})
        self._batching = {
            path.encode("latin-1", "replace"): endpoint
            for path, endpoint in endpoints.items()
            if isinstance(endpoint, Batching)
        }
        self._ids = ids
        self._requests = 0
        self._bytes = 0
        self._whole: dict[Batching, list[Exchange]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def batching(self, target: bytes) -> Batching | None:
        """Return the endpoint whose path a request's target is, exactly, if it answers requests together."""
        return self._batching.get(target)

    def hand_over(self, endpoint: Batching, exchange: Exchange) -> bool:
        """Have a whole request answered with all that come in this turn of the loop; False beyond a bound."""
        size = len(exchange.request.body)
        if size > endpoint.body_bytes or not self._has_room(size):
            return False
        self._count(1, size)
        if not self._whole:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._whole.setdefault(endpoint, []).append(exchange)
        return True

    def _end_turn(self) -> None:
        whole, self._whole = self._whole, {}
        for endpoint, exchanges in whole.items():
            answering = asyncio.create_task(self._answer_all(endpoint, exchanges))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer_all(self, endpoint: Batching, exchanges: Sequence[Exchange]) -> None:
        requests = [one.request for one in exchanges]
        try:
            answers = await endpoint.handle_all(requests)
        except BaseException:
            for exchange in exchanges:
                exchange.give_up()
            raise
        finally:
            self._count(-len(requests), -sum([len(one.body) for one in requests]))
        for exchange, answer in zip(exchanges, answers, strict=True):
            exchange.answer(answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is not None:
            await send_answer(await self._admit(endpoint, scope, receive), send)
            return
        for prefix, application in self._mounts.items():
            if f"{scope['path']}/".startswith(f"{prefix}/"):
                await application(scope, receive, send)
                return
        await send_answer(self._aside(scope), send)

    async def _admit(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> WebhookAnswer | None:
        """Have a request answered within the bounds on what is under way."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length")
        size = endpoint.body_bytes if length is None else int(length)
        if size > endpoint.body_bytes:
            return endpoint.too_large()
        if not self._has_room(size):
            later = [(b"retry-after", b"1")]
            return self._problem(503, "Busy", "too much is under way at a time: come back", later)
        self._count(1, size)
        try:
            return await _answer(endpoint, scope["method"], headers, receive)
        finally:
            self._count(-1, -size)

    def _has_room(self, size: int) -> bool:
        """Tell whether one more request keeps to the bounds; one alone is always taken."""
        return not self._requests or (self._requests < REQUESTS and self._bytes + size <= BODIES_BYTES)

    def _count(self, requests: int, size: int) -> None:
        self._requests += requests
        self._bytes += size

    def _aside(self, scope: Scope) -> WebhookAnswer:
        if scope["path"] != "/" or not self._home:
            return nothing_here(self._ids)
        if scope["method"] not in ("GET", "HEAD"):
            return self._problem(405, "Method not allowed", "ask with GET", [(b"allow", b"GET, HEAD")])
        return WebhookAnswer(307, [(b"location", self._home.encode()), (b"content-length", b"0")], b"")

    def _problem(
        self, status: int, title: str, detail: str, headers: list[tuple[bytes, bytes]] | None = None
    ) -> WebhookAnswer:
        return answer_problem(problem(status, title, detail, self._ids.trace_id()), headers)


def nothing_here(ids: Ids) -> WebhookAnswer:
    """Answer a request for a path that has nothing, or nothing for whoever asks."""
    told = "no webhook listens at this path: look for a misspelling"
    return answer_problem(problem(404, "Nothing here", told, ids.trace_id()))


async def send_answer(answer: WebhookAnswer | None, send: Send) -> None:
    """Send an answer that is whole, as ASGI wants it; None sends nothing."""
    if answer is not None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})


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


class Server(uvicorn.Server):
    """uvicorn, leaving the process's signals to the composition root."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: ``Listening.close`` ends the server."""
        yield


class Listening:
    """An open door: where it listens, and the way to close it."""

    def __init__(self, url: str, port: int, server: Server, task: asyncio.Task[None]) -> None:
        self.url = url
        self.port = port
        self._server = server
        self._task = task

    async def close(self) -> None:
        """Take no more requests, finish those under way, and return."""
        self._server.should_exit = True
        await self._task


async def serve(door: Door, host: str, port: int, tls: ssl.SSLContext | None = None) -> Listening:
    """Listen on ``host`` and ``port`` (0: any free one), by HTTPS alone with ``tls``, and return at once.

    Raises ``OSError`` where the address cannot be had.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        door,
        loop="none",
        http=cast("type[asyncio.Protocol]", partial(Connection, door)),
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
    config.load()
    config.ssl = tls
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="door")
    bound_host, bound_port = listener.getsockname()[:2]
    name = f"[{bound_host}]" if ":" in bound_host else bound_host
    url = f"{'https' if tls else 'http'}://{name}:{bound_port}"
    return Listening(url, bound_port, server, task)


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
