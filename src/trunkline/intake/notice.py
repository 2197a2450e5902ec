"""What the senders of a source are told of the version they keep to: that it ends, and when; that it has.

The composition root puts these before what it builds of a source, and changes the ``Notice`` they share when
a version is deprecated, its sunset is moved, or it is over. Nothing is made here for a single request: the
headers (``Deprecation`` of RFC 9745, ``Sunset`` of RFC 8594) are the same for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeAlias

import msgspec

from trunkline.connectors.source import Batch, Source
from trunkline.intake.accept import Surroundings
from trunkline.intake.asking import Asking
from trunkline.intake.problem import DOCS, Headers, Problem, WebhookAnswer, answer_problem
from trunkline.intake.webhook import Webhook, WebhookRequest
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.signals import Refused

GONE = 410

Endpoint: TypeAlias = Webhook | Asking


class Ending(msgspec.Struct, frozen=True):
    """A version on its way out: since when (microseconds), until when, and which one takes its place.

    ``page`` is where its documentation is for whoever can send, a path or an address; empty without.
    """

    version: str
    since: int
    sunset: int
    successor: str = ""
    page: str = ""

    @property
    def headers(self) -> Headers:
        """What answers carry: times in whole seconds, as both headers have them."""
        sunset = datetime.fromtimestamp(self.sunset // SECOND, UTC)
        found = [
            (b"deprecation", b"@%d" % (self.since // SECOND)),
            (b"sunset", format_datetime(sunset, usegmt=True).encode()),
        ]
        if self.page:
            found.append((b"link", f'<{self.page}>; rel="deprecation sunset"; type="text/html"'.encode()))
        return found

    def __str__(self) -> str:
        instead = f": use {self.successor}" if self.successor else ""
        return f"{self.version} is over since its sunset, {to_rfc3339(self.sunset)}{instead}"


class Notice:
    """How the version that a source's senders keep to stands now; ``over`` while nothing of it is taken."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self.headers: Headers = []
        self.over = False
        self._changed = asyncio.Event()

    def change(self, ending: Ending | None, *, over: bool) -> None:
        """Say how the version stands from now on."""
        self.ending = ending
        self.headers = ending.headers if ending else []
        self.over = over and ending is not None
        self.ring()

    def ring(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Return once something has changed."""
        await self._changed.wait()


class Announcing:
    """An endpoint whose answers say how the version of its senders stands; one that is over answers 410."""

    def __init__(
        self, endpoint: Endpoint, name: str, stream: str, notice: Notice, around: Surroundings
    ) -> None:
        self.path, self.body_bytes = endpoint.path, endpoint.body_bytes
        self._endpoint = endpoint
        self._name, self._stream = name, stream
        self._notice = notice
        self._around = around

    async def handle(self, request: WebhookRequest) -> WebhookAnswer:
        """Answer a request, or say that its version is over."""
        if self._notice.over:
            return self._gone()
        return self._told(await self._endpoint.handle(request))

    def too_large(self) -> WebhookAnswer:
        """Answer a body beyond the limit."""
        return self._told(self._endpoint.too_large())

    def too_slow(self) -> WebhookAnswer:
        """Answer a body that did not come in time."""
        return self._told(self._endpoint.too_slow())

    def _told(self, answer: WebhookAnswer) -> WebhookAnswer:
        headers = self._notice.headers
        return WebhookAnswer(answer.status, [*answer.headers, *headers], answer.body) if headers else answer

    def _gone(self) -> WebhookAnswer:
        ending, around = self._notice.ending, self._around
        assert ending is not None
        around.signals.emit(Refused(self._name, self._stream, 1, "sunset"))
        found = Problem(
            type=f"{DOCS}#sunset",
            title="Version over",
            status=GONE,
            detail=f"nothing was stored: {ending}",
            instance=f"urn:trunkline:trace:{around.ids.trace_id()}",
            version=ending.version,
            sunset=to_rfc3339(ending.sunset),
            successor=ending.successor,
        )
        return answer_problem(found, self._notice.headers)


class AnnouncingAll(Announcing):
    """An ``Announcing`` of an endpoint that answers requests together."""

    def __init__(
        self, endpoint: Webhook, name: str, stream: str, notice: Notice, around: Surroundings
    ) -> None:
        super().__init__(endpoint, name, stream, notice, around)
        self._webhook = endpoint

    async def handle_all(self, requests: Sequence[WebhookRequest]) -> list[WebhookAnswer]:
        """Answer each request in its place."""
        if self._notice.over:
            return [self._gone() for _ in requests]
        answers = await self._webhook.handle_all(requests)
        return [self._told(one) for one in answers] if self._notice.headers else answers


class Ceasing:
    """A source that is pulled from only while the version of its records is not over.

    What is not taken stays where it is, and is taken should the sunset be moved.
    """

    def __init__(self, source: Source, notice: Notice) -> None:
        self.name = source.name
        self.settle = source.settle
        self._source = source
        self._notice = notice
        self._closed = False

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield what the source does, but for what comes once the version is over."""
        while await self._is_open():
            async with aclosing(self._source.batches()) as batches:  # type: ignore[type-var]  # a generator
                async for batch in batches:
                    if self._notice.over:
                        break
                    yield batch
                else:
                    return

    async def _is_open(self) -> bool:
        """Wait while the version is over; tell whether to go on then."""
        while self._notice.over and not self._closed:
            await self._notice.changed()
        return not self._closed

    async def close(self) -> None:
        """Close the source, and wait no more."""
        self._closed = True
        self._notice.ring()
        await self._source.close()


def announcing(
    endpoint: Endpoint, name: str, stream: str, notice: Notice, around: Surroundings
) -> Announcing:
    """Put the notice before an endpoint; one that answers requests together still does."""
    if isinstance(endpoint, Webhook):
        return AnnouncingAll(endpoint, name, stream, notice, around)
    return Announcing(endpoint, name, stream, notice, around)
