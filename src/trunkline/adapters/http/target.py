"""A target behind HTTP: one record a request, with a stable idempotency key on every attempt.

It promises no transaction, so the ``Idempotency-Key`` is what lets the other side tell a repeat. Delivery
keeps the order of each key and sends concurrently across keys.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import ssl
import weakref
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import aiohttp
from yarl import URL

from trunkline.adapters.http.answer import CLIENT_ERRORS, EXCERPT_BYTES, Answer, fault_of, hidden_texts, judge
from trunkline.adapters.http.request import compile_body, compile_request
from trunkline.adapters.http.settings import Auth, HttpConnection, HttpSettings
from trunkline.connectors.target import Features, Item, Progress, Response
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import DeliveryError, Final, Retryable, SecretUnavailable
from trunkline.kernel.tracing import headers as trace_headers
from trunkline.vault.secret import Secrets

_CONNECT_SECONDS = 10.0
_HANDSHAKES = 8
_EXCERPT_SECONDS = 2.0
_SUCCESS_BYTES = 65_536
ANSWER_BYTES = 1_048_576
"""The most of a success's body that is read where it is passed on."""
_PLAIN_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
_UNAUTHORIZED = 401
_TOO_MANY_REQUESTS = 429


class HttpTarget:
    """One endpoint of a system."""

    def __init__(
        self,
        name: str,
        settings: HttpSettings,
        connection: HttpConnection,
        secrets: Secrets,
        clock: Clock,
    ) -> None:
        self.name = name
        self.features = Features(atomic=False, batch=1, concurrency=settings.concurrency)
        self._settings = settings
        self._connection = connection
        self._secrets = secrets
        self._clock = clock
        self._request = compile_request(settings.request)
        self._body = compile_body(settings.body)
        base = URL(connection.url)
        self._base, self._prefix = base.origin(), base.raw_path.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._credential: dict[str, str] = {}
        self._under_way = 0
        self._idle = asyncio.Event()

    async def open(self) -> None:
        """Resolve the credential and prepare the connections; the first request is the first delivery.

        Opened again, after a stall, it leaves the connections it had and makes new ones.
        Raises ``Final`` where the credential has no value or the file of authorities cannot be read.
        """
        await self.close()
        self._credential = self._resolve()
        tls = await asyncio.to_thread(_tls, self._connection)
        self._session = aiohttp.ClientSession(
            connector=_Connector(self._settings.concurrency, tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=self._settings.timeout_seconds,
                connect=min(_CONNECT_SECONDS, self._settings.timeout_seconds / 2),
            ),
            headers=_constant_headers(self._settings),
            auto_decompress=False,
        )
        # The library would send a request again by itself where a kept connection breaks, though attempts
        # are counted by delivery. Its public way to forbid that, a middleware, costs 3 % of a request.
        self._session._retry_connection = False  # noqa: SLF001  tests of a connection that breaks notice

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:  # noqa: ARG002  it keeps no progress
        """Send each item; see ``Target.deliver``. A place that is away is raised, an answer is returned."""
        answers = [await self._send(item, _SUCCESS_BYTES) for item in items]
        return [answer if isinstance(answer, DeliveryError) else None for answer in answers]

    async def ask(self, item: Item) -> Response | DeliveryError:
        """Send one item and return the whole answer of a success; see ``AskedTarget.ask``."""
        return await self._send(item, ANSWER_BYTES)

    async def progress(self, flow: str) -> Progress | None:  # noqa: ARG002  it keeps no progress
        """Return None: it is not atomic."""
        return None

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Do nothing: it is not atomic."""

    async def close(self) -> None:
        """Let the requests under way finish, then close the connections."""
        session, self._session = self._session, None
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()
        if session is not None:
            await session.close()

    async def _send(self, item: Item, most: int) -> Response | DeliveryError:
        session = self._session
        if session is None:
            raise Retryable("closed", "the target is not open")
        self._under_way += 1
        try:
            return await self._exchange(session, item, most)
        except Final as unsendable:
            return unsendable
        except CLIENT_ERRORS as error:
            fault = fault_of(error)
            failure = Retryable(fault.kind, fault.detail)
            if fault.away:
                raise failure from None  # the cause names the whole URL, and so values of the record
            return failure
        finally:
            self._under_way -= 1
            self._idle.set()

    async def _exchange(
        self, session: aiohttp.ClientSession, item: Item, most: int
    ) -> Response | DeliveryError:
        async with session.request(
            self._request.method,
            self._url(item.record),
            data=self._body(item.record),
            headers={
                "Idempotency-Key": _header_key(item.idempotency_key),
                **trace_headers(item.correlation, item.parent, item.span),
                **self._credential,
            },
            allow_redirects=False,
        ) as response:
            if 200 <= response.status < 300:  # noqa: PLR2004  the class of successes
                return await _success(response, most)
            answer = await _answer(response)
        return self._judged(answer, item.record)

    def _url(self, record: dict[str, Any]) -> URL:
        path, query = self._prefix + self._request.path(record), self._request.query(record)
        url = self._base.with_path(path, encoded=True)
        return URL(f"{url}?{query}", encoded=True) if query else url

    def _judged(self, answer: Answer, record: dict[str, Any]) -> DeliveryError:
        # The scheme before a credential ("Bearer") is no secret and may be left out by who repeats it.
        credentials = [part for value in self._credential.values() for part in (value, value.split(" ")[-1])]
        hidden = [*hidden_texts(record), *credentials]
        verdict = judge(answer, self._clock.now(), hidden, one_place=self._request.is_one_place)
        if answer.status not in (_UNAUTHORIZED, _TOO_MANY_REQUESTS):
            return verdict
        # No item is to blame for a credential, nor for how many others there were.
        if answer.status == _UNAUTHORIZED:
            with contextlib.suppress(Final):  # a rotated credential counts from the next attempt on
                self._credential = self._resolve()
        raise verdict

    def _resolve(self) -> dict[str, str]:
        try:
            header = _credential(self._connection.auth, self._secrets)
        except SecretUnavailable as missing:
            raise Final("credential", str(missing)) from None
        if not all(value.isascii() and value.isprintable() for value in header.values()):
            raise Final(
                "credential", "the secret has a character that no header carries; is it the right one?"
            )
        return header


class _Connector(aiohttp.TCPConnector):
    """Opens a few connections at a time, and uses none again on which something came unasked.

    That would pass for the answer to the next request, and every answer after it for that to a later one. A
    place that went away is found so by few: who waited while a connection could not be made is told the same.
    """

    def __init__(self, limit: int, tls: ssl.SSLContext | bool) -> None:  # noqa: FBT001  the type of the library
        super().__init__(limit=limit, ssl=tls)
        self._used: weakref.WeakSet[asyncio.Protocol] = weakref.WeakSet()
        self._handshakes = asyncio.Semaphore(_HANDSHAKES)
        self._failure: aiohttp.ClientConnectorError | None = None

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  the library's own parameter, a value of its settings
    ) -> aiohttp.connector.Connection:
        """Return a new connection, or a kept one on which nothing waits; the others are closed."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None
            if protocol not in self._used:
                self._used.add(protocol)
                return connection
            if not protocol.should_close:
                return connection
            connection.close()

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  the library's own parameter, a value of its settings
    ) -> aiohttp.client_proto.ResponseHandler:
        before = self._failure
        async with self._handshakes:
            if self._failure is not before and self._failure is not None:
                raise self._failure
            try:
                return await super()._create_connection(req, traces, timeout)
            except aiohttp.ClientConnectorError as error:
                self._failure = error
                raise


def _credential(auth: Auth, secrets: Secrets) -> dict[str, str]:
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {secrets.get(auth.bearer).reveal()}"}
    if auth.basic is not None:
        pair = f"{auth.basic.username}:{secrets.get(auth.basic.password).reveal()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if auth.header is not None:
        return {auth.header.name: secrets.get(auth.header.value).reveal()}
    return {}


def _tls(connection: HttpConnection) -> ssl.SSLContext | bool:
    if not connection.verify_tls:
        return False
    if not connection.ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=connection.ca_file)
    except (OSError, ValueError):
        raise Final("tls", f"ca_file {connection.ca_file} holds no authority that can be read") from None


def _constant_headers(settings: HttpSettings) -> dict[str, str]:
    headers = {
        "User-Agent": f"trunkline/{_version()}",
        "Accept": "application/json, text/plain;q=0.5, */*;q=0.1",
        "Accept-Encoding": "identity",
    }
    if settings.body != "none":
        headers["Content-Type"] = "application/json"
    return headers | settings.headers


def _version() -> str:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version("trunkline")
    return "source"


def _header_key(key: str) -> str:
    """Return the key as a header can carry it: as it is, or a digest where it is long or not ASCII."""
    if _PLAIN_KEY.match(key):
        return key
    return f"sha256-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


async def _drain(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read up to ``most`` bytes; an answer that goes on after that costs its connection, which is closed."""
    read = bytearray()
    while len(read) < most and not response.content.at_eof():
        read += await response.content.read(most - len(read))
    if not response.content.at_eof():
        response.close()
    return bytes(read)


async def _success(response: aiohttp.ClientResponse, most: int) -> Response:
    body = await _drain(response, most)
    return Response(response.status, response.headers, body, response.content.at_eof())


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    excerpt = b""
    try:
        async with asyncio.timeout(_EXCERPT_SECONDS):
            excerpt = await _drain(response, EXCERPT_BYTES)
    except CLIENT_ERRORS:
        # The status has been given; what else it would have said changes nothing.
        response.close()
    headers = response.headers
    return Answer(
        status=response.status,
        retry_after=headers.get("Retry-After", ""),
        location=headers.get("Location", ""),
        content_type=headers.get("Content-Type", ""),
        content_encoding=headers.get("Content-Encoding", ""),
        excerpt=excerpt,
    )
