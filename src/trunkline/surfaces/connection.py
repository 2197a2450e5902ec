"""The server's connection: uvicorn's, with a way of its own for whole requests, and an end for slow heads.

The door makes ``serve`` use it. It is here so that a request that needs nothing of ASGI costs nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, cast, runtime_checkable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from trunkline.intake.problem import WebhookAnswer
from trunkline.intake.webhook import WebhookRequest

HEAD_SECONDS = 30.0
"""How long the head of a request may take to come, from the connection or from its first byte."""
HEAD_BYTES = 65_536
"""How long a head may be that comes in several pieces; a piece has up to four times as much."""

_TOO_LARGE_A_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


@runtime_checkable
class Batching(Protocol):
    """An endpoint that answers requests together which came in the same turn of the event loop."""

    body_bytes: int

    async def handle_all(self, requests: Sequence[WebhookRequest]) -> Sequence[WebhookAnswer]:
        """Answer requests that were read whole, each in its place."""


class Desk(Protocol):
    """Who takes whole requests: the door."""

    def batching(self, target: bytes) -> Batching | None:
        """Return the endpoint whose path a request's target is, if it answers requests together."""

    def hand_over(self, endpoint: Batching, exchange: Exchange) -> bool:
        """Have a whole request answered; False where it has to go by ASGI."""


class _Nobody:
    """In the place of the event that uvicorn wakes an ASGI task with."""

    def set(self) -> None:
        """Wake nobody."""


class Exchange:
    """A whole request and its answer to be, in the place of the cycle that uvicorn runs an ASGI task in."""

    __slots__ = ("_connection", "disconnected", "keep_alive", "message_event", "request", "response_complete")

    def __init__(self, connection: Connection, request: WebhookRequest) -> None:
        self.request = request
        self.disconnected = self.response_complete = False
        self.keep_alive = True
        self.message_event = _Nobody()
        self._connection = connection

    def answer(self, answer: WebhookAnswer) -> None:
        """Send the answer, and go on to the connection's next request."""
        self.response_complete = True
        if not self.disconnected:
            self._connection.send(answer, keep_alive=self.keep_alive)

    def give_up(self) -> None:
        """Answer that this went wrong on our side, and close the connection."""
        self.keep_alive = False
        self.answer(WebhookAnswer(500, [(b"content-length", b"0")], b""))


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with a way of its own for whole requests, and an end for heads that do not come.

    Where the piece of input that has a request's head has its body too, the request is handed to the door
    at once. All else that HTTP knows (bodies in several pieces, pipelines, upgrades, expectations, slow
    readers, a connection's last request) goes uvicorn's way.

    uvicorn knows a time for the pause between two requests only, which the first byte of a head ends. Here
    the head has one too. A request under way is answered first. The slow one gets no answer: there is no
    request yet. A head that comes in one piece costs no timer.
    """

    _in_head = False
    _head_bytes = 0
    _late: asyncio.TimerHandle | None = None
    _endpoint: Batching | None = None
    """Of the request that is being read, as long as it may come whole."""
    _body = b""
    _rested = 0.0
    """When the last request was answered, by the loop's clock."""

    def __init__(self, desk: Desk, **given: Any) -> None:
        super().__init__(**given)
        self._desk = desk

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Expect a head from now on."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Read a piece of input; what is not whole at its end goes uvicorn's way, within its times."""
        super().data_received(data)
        if self._endpoint is not None and not self.transport.is_closing():
            self._go_by_asgi()
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.write(_TOO_LARGE_A_HEAD)
                self.transport.close()
            self._expect_head()

    def on_message_begin(self) -> None:
        """Note the first byte of a head; what ASGI needs besides is made for those that go by it."""
        self._in_head = True
        self._head_bytes = 0
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Expect no head any more, and begin the request."""
        self._in_head = False
        self._expect_nothing()
        self._endpoint = self._desk.batching(self.url) if self._may_go_whole() else None
        self._body = b""
        if self._endpoint is None:
            self._begin_asgi()

    def on_body(self, body: bytes) -> None:
        """Add to the body."""
        if self._endpoint is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """Hand over a request that came whole."""
        if self._endpoint is not None:
            exchange = Exchange(self, WebhookRequest("POST", dict(self.headers), self._body))
            if self._desk.hand_over(self._endpoint, exchange):
                self._endpoint, self.cycle = None, exchange  # type: ignore[assignment]  # it has all that is used
                return
            self._go_by_asgi()
        super().on_message_complete()

    def send(self, answer: WebhookAnswer, *, keep_alive: bool) -> None:
        """Write an answer in one piece."""
        headers = b"".join(
            [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *answer.headers)]
        )
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[answer.status], headers, answer.body))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _may_go_whole(self) -> bool:
        parser = self.parser
        return (
            self._is_answered()
            and parser.get_method() == b"POST"
            and parser.should_keep_alive()
            and not self.expect_100_continue
            and not parser.should_upgrade()
            and not self.flow.write_paused
        )

    def _go_by_asgi(self) -> None:
        """Begin a request as if its head had just been read, and give it what came of its body."""
        self._endpoint = None
        self._begin_asgi()
        if self._body:
            super().on_body(self._body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_nothing()
        super()._unset_keepalive_if_required()
        super().connection_lost(exc)

    def _begin_asgi(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on to what is queued, or rest: one timer a connection tells when that was too long."""
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._rested = self.loop.time()
        if self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self._look_in(self.timeout_keep_alive)

    def _look_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """Close a connection that rests for too long; look again when that may be."""
        left: float = self.timeout_keep_alive
        if not self._in_head and self._is_answered():
            left += self._rested - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            self.timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        """Leave the timer alone: it looks whether the connection rests."""

    def _is_answered(self) -> bool:
        before = cast("RequestResponseCycle | None", self.cycle)
        return before is None or before.response_complete

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.shutdown)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
