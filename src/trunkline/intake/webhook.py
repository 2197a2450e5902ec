"""The webhook source: one HTTP request in, one answer out, whatever the server in between.

The door calls ``Webhook.handle`` with a request that was read whole. Its steps are authenticate, decode,
judge, store, answer; the last two with the same ``Intake`` that every source uses. A 202 means that
everything it has a receipt for is on disk, synced.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.connectors.source import Arrival, Receipt
from trunkline.intake import bodies, cloudevents
from trunkline.intake.accept import Intake, Judged, Refusal, Surroundings
from trunkline.intake.problem import SLUGS, Error, WebhookAnswer, answer_json, answer_problem, problem
from trunkline.intake.problem import Headers as ProblemHeaders
from trunkline.intake.signatures import Verifier
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import BusyError, RefusedError, StoreError, StoreFull
from trunkline.kernel.rate import MOST_PER_SECOND, Bucket, bucket
from trunkline.kernel.signals import Refused
from trunkline.kernel.tracing import Context, received

IDENTITY_HEADERS = (
    b"webhook-id",
    b"idempotency-key",
    b"x-github-delivery",
    b"x-shopify-event-id",
    b"x-shopify-webhook-id",
)
"""Headers that name a delivery, in their precedence. ``webhook-id`` is first: a signature covers it, so
nobody who replays a request can give it a new name."""

STORE_RETRY_SECONDS = 30
"""When to come back while our storage does not work."""

_TITLES = {
    "json": "Malformed JSON",
    "size": "Record too large",
    "depth": "Nested too deeply",
    "identity": "No identity",
    "source": "Not a CloudEvent",
}

_KEPT = {"contract", "cast"}
"""Of these kinds is what could be read as a record: it goes to quarantine, alone as well."""

Headers: TypeAlias = dict[bytes, bytes]

_NO_TRACE = Context()
_encode = msgspec.json.Encoder().encode


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project says of a webhook, besides ``stream`` and ``via``."""

    path: str
    """Where it listens, such as ``/hooks/shop/orders``."""

    verify: Literal["none"] | dict[str, Any]
    """How senders prove themselves: one scheme with its secret, or the word ``none``, said explicitly."""

    identity: str = ""
    """Where the idempotency key is: ``contract`` for the contract's field only, or the name of a header.
    Empty: the precedence of the reference."""

    body_bytes: int | None = None
    """The largest body taken, as sent and once inflated; the process's limit where not given."""

    batch_events: int | None = None
    """The most records in one request; the process's limit where not given."""

    requests_per_second: float | None = None
    """The most requests a second that prove themselves; more are answered 429. Unbounded where not given."""

    burst: int | None = None
    """The most requests at once, after a pause; a second's worth where not given."""

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError("path begins with a slash, such as /hooks/shop/orders")
        for size in (self.body_bytes, self.batch_events, self.burst):
            if size is not None and size < 1:
                raise ValueError("a limit is at least 1")
        if self.requests_per_second is not None and not 0 < self.requests_per_second <= MOST_PER_SECOND:
            raise ValueError(f"requests_per_second is above 0 and at most {MOST_PER_SECOND}")
        if self.burst is not None and self.requests_per_second is None:
            raise ValueError("burst is of no use without requests_per_second")


class WebhookRequest(msgspec.Struct, frozen=True, gc=False):
    """A request that was read whole; header names are lower case."""

    method: str
    headers: Headers
    body: bytes


class Receipts(msgspec.Struct, frozen=True, gc=False):
    """The body of a 202: one receipt for each record, in their order."""

    receipts: Sequence[Receipt]


class Webhook:
    """One endpoint: its settings, its sender's proof, and the intake behind it."""

    def __init__(
        self, settings: WebhookSettings, verifier: Verifier | None, intake: Intake, around: Surroundings
    ) -> None:
        limits = around.limits
        self.path = settings.path
        self.body_bytes = settings.body_bytes or limits.body_bytes
        self._batch_events = settings.batch_events or limits.batch_events
        self._identity = settings.identity
        self._verifier = verifier
        self._intake = intake
        self._around = around
        self._now = around.clock.now
        rate = settings.requests_per_second
        self._bucket = bucket(rate, settings.burst) if rate else None

    async def handle(self, request: WebhookRequest) -> WebhookAnswer:
        """Take a request and answer it; whatever a sender can send is answered, never raised."""
        [answer] = await self.handle_all([request])
        return answer

    async def handle_all(self, requests: Sequence[WebhookRequest]) -> list[WebhookAnswer]:
        """Take requests that came together, and answer each in its place, as ``handle`` does.

        Their events are stored together. Where that is refused, each request is stored by itself: none
        suffers for what another one holds.
        """
        taken = [self.take(request) for request in requests]
        answers = iter(await self.store([one for one in taken if isinstance(one, Taken)]))
        return [next(answers) if isinstance(one, Taken) else one for one in taken]

    async def store(self, taken: Sequence[Taken]) -> list[WebhookAnswer]:
        """Give decisions effect, and answer each request with its receipts."""
        try:
            receipts = iter(await self._intake.store([judged for one in taken for judged in one.judged]))
        except (BusyError, StoreError) as error:
            if len(taken) > 1:
                apart = await asyncio.gather(*[self.store([one]) for one in taken])
                return [answer for [answer] in apart]
            return [come_back(error, one.correlation or self._around.ids.trace_id()) for one in taken]
        return [_answer(one.judged, list(islice(receipts, len(one.judged)))) for one in taken]

    def take(self, request: WebhookRequest) -> Taken | WebhookAnswer:
        """Decide about a request, without effect but on what counts as too fast."""
        sent = _sent(request.headers)
        try:
            self._authenticate(request)
            if self._bucket is not None:
                self._bucket = self._admit(self._bucket)
            return Taken(self._judge(self._decode(request, sent)), sent.correlation)
        except RefusedError as refused:
            return self.refuse(refused, sent.correlation)

    def too_large(self) -> WebhookAnswer:
        """Answer a body beyond the limit, which need not be read for that."""
        detail = f"at most {self.body_bytes} bytes in one request: send less at a time"
        return self.refuse(RefusedError(413, "Body too large", detail), "")

    def too_slow(self) -> WebhookAnswer:
        """Answer a body that did not come in time; nothing of it is kept."""
        return self.refuse(RefusedError(408, "Body too slow", "send the whole body without pauses"), "")

    def _authenticate(self, request: WebhookRequest) -> None:
        if request.method != "POST":
            raise RefusedError(405, "Method not allowed", "send events with POST")
        if self._verifier is not None:
            self._verifier.check(request.headers, request.body, self._now())

    def _admit(self, before: Bucket) -> Bucket:
        """Count a request; only one that proved itself, or a stranger could use up the sender's share."""
        after, wait = before.take(round(self._around.clock.monotonic() * SECOND))
        if wait:
            raise _TooFast(wait)
        return after

    def _decode(self, request: WebhookRequest, sent: Context) -> list[Arrival]:
        headers = request.headers
        body = bodies.read(headers, request.body, most=self._batch_events, most_bytes=self.body_bytes)
        key = self._key(headers)
        return [
            Arrival(
                raw=one.raw,
                place=f"{self.path} record {n + 1}" if body.several else self.path,
                identity=one.identity if one.identity and not key.rules else key.of(n, body),
                type=one.type,
                time=one.time,
                correlation=one.correlation or sent.correlation,
                fault=one.fault,
                parent=one.parent if one.correlation else sent.parent,
            )
            for n, one in enumerate(body.arrivals)
        ]

    def _key(self, headers: Headers) -> _Key:
        """Find the request's own idempotency key; an empty one leaves it to the contract's field."""
        if self._identity == "contract":
            return _Key("", rules=True)
        if not self._identity:
            # the ce-id of binary mode is a header that no signature covers; that of webhook-id does
            rules = b"webhook-id" in headers and cloudevents.SPEC_VERSION in headers
            return _Key(_first(headers, IDENTITY_HEADERS), rules)
        text = _first(headers, (self._identity.lower().encode("ascii", "replace"),))
        if not text:
            raise RefusedError(400, _TITLES["identity"], f"the request has no header {self._identity}")
        return _Key(text, rules=True)

    def _judge(self, arrivals: Sequence[Arrival]) -> list[Judged]:
        judged = self._intake.judge_all(arrivals)
        kinds = [one.kind for one in judged if isinstance(one, Refusal)]
        if kinds and len(kinds) == len(judged) and not _KEPT.intersection(kinds):
            # nothing here is a record: its sender is told and nothing is kept
            raise _Unreadable(413 if set(kinds) == {"size"} else 400, judged)
        return judged

    def refuse(self, refused: RefusedError, correlation: str) -> WebhookAnswer:
        """Answer a request of which nothing is kept."""
        headers: ProblemHeaders = []
        if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = [(b"allow", b"POST")]
        elif refused.status == HTTPStatus.UNAUTHORIZED and self._verifier is not None:
            headers = [(b"www-authenticate", self._verifier.scheme.challenge)]
        elif isinstance(refused, _TooFast):
            headers = [_retry_after(refused.wait / SECOND)]
        occurrence = correlation or self._around.ids.trace_id()
        source, stream, slug = self._intake.name, self._intake.stream, SLUGS[refused.status]
        self._around.signals.emit(Refused(source, stream, 1, slug, occurrence))
        found = problem(refused.status, refused.title, refused.detail, occurrence)
        if isinstance(refused, _Unreadable):
            found = msgspec.structs.replace(found, errors=_errors(refused.judged))
        return answer_problem(found, headers)


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A request that holds something to store, and the correlation id it was sent with, if any."""

    judged: list[Judged]
    correlation: str


class _Key(msgspec.Struct, frozen=True):
    """The idempotency key of a request; one that ``rules`` counts more than the id of a CloudEvent."""

    text: str
    rules: bool

    def of(self, n: int, body: bodies.Body) -> str:
        """Return the key of record ``n``: that of the request, numbered where it holds several."""
        return f"{self.text}/{n}" if self.text and body.several else self.text


class _Unreadable(RefusedError):
    """A request in which nothing is a record that could be checked against the contract."""

    def __init__(self, status: int, judged: Sequence[Judged]) -> None:
        first = next(one for one in judged if isinstance(one, Refusal))
        super().__init__(status, _TITLES[first.kind], first.reasons[0].message)
        self.judged = judged


class _TooFast(RefusedError):
    """A request beyond the rate of its webhook; ``wait`` microseconds later it would be taken."""

    def __init__(self, wait: int) -> None:
        super().__init__(429, "Too many requests", "nothing was stored: send it again, and slower")
        self.wait = wait


def _answer(judged: Sequence[Judged], receipts: Sequence[Receipt]) -> WebhookAnswer:
    if not receipts or any(receipt.status != "refused" for receipt in receipts):
        return answer_json(202, _encode(Receipts(receipts)))
    found = problem(
        422,
        "Against the contract",
        "what was sent is kept in quarantine with these errors: mend the sender, or release it after a fix",
        receipts[0].correlation,
    )
    return answer_problem(msgspec.structs.replace(found, errors=_errors(judged), receipts=receipts))


def _errors(judged: Sequence[Judged]) -> list[Error]:
    single = len(judged) == 1
    return [
        Error(f"#{reason.pointer}" if single else f"#/{n}{reason.pointer}", reason.message, reason.rule)
        for n, one in enumerate(judged)
        if isinstance(one, Refusal)
        for reason in one.reasons
    ]


def come_back(error: BusyError | StoreError, correlation: str) -> WebhookAnswer:
    """Answer a request that was not stored, and may be if it comes again."""
    if isinstance(error, BusyError):
        found = problem(503, "Busy", str(error), correlation)
        seconds = error.retry_after_seconds
    elif isinstance(error, StoreFull):
        found = problem(507, "Storage full", str(error), correlation)
        seconds = STORE_RETRY_SECONDS
    else:
        found = problem(503, "Storage not available", "nothing was stored: send it again", correlation)
        seconds = STORE_RETRY_SECONDS
    return answer_problem(found, [_retry_after(seconds)])


def _retry_after(seconds: float) -> tuple[bytes, bytes]:
    return b"retry-after", b"%d" % math.ceil(seconds)


def _sent(headers: Headers) -> Context:
    given = headers.get(b"traceparent")
    if given is None:
        return _NO_TRACE
    return received(given.strip().decode("latin-1"), headers.get(b"tracestate", b"").decode("latin-1"))


def _first(headers: Headers, names: Sequence[bytes]) -> str:
    for name in names:
        sent = headers.get(name)
        if sent:
            return _unquoted(sent.decode("latin-1").strip())
    return ""


def _unquoted(text: str) -> str:
    """Read a key that is a structured-field string (RFC 9651 section 3.3.3) or the bare text."""
    if len(text) >= 2 and text[0] == text[-1] == '"':  # noqa: PLR2004  the two quotes
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text
