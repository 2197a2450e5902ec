"""The request source: a webhook whose sender waits for the answer of the flow behind it.

All that a webhook does with a request holds here: path, proof, rate, decoding, contract, identity, the log.
Then, in place of a receipt, the caller gets what the flow's target answered. The first answer is stored, and
whoever asks again with the same idempotency key gets that one.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Protocol

from trunkline.connectors.reply import Reply
from trunkline.connectors.source import Receipt
from trunkline.eventlog.placing import ELSEWHERE
from trunkline.intake.accept import Intake, Refusal, Surroundings
from trunkline.intake.problem import Headers, WebhookAnswer, answer_json, answer_problem, problem
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings, come_back
from trunkline.kernel.errors import BusyError, RefusedError, StoreError
from trunkline.kernel.event import Event
from trunkline.kernel.signals import Answered

BUSY_SECONDS = 1.0
"""When to come back while too many wait already."""

LONGEST_SECONDS = 600.0

_LATE = "it is stored and will be delivered: ask again with the same idempotency key for its answer"


_ELSEWHERE = "it was asked before its contract had a new major version, and answered then"


class AskingSettings(WebhookSettings, frozen=True, forbid_unknown_fields=True):
    """What a project says of a request source: all that it says of a webhook, and how long callers wait."""

    timeout_seconds: float = 30.0
    """How long a caller waits for the answer once its request is stored; then it is answered 504."""

    callers: int = 100
    """The most callers that wait at a time; more are answered 503."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch_events is not None:
            raise ValueError("batch_events is of no use: a request is one record")
        if not 0 < self.timeout_seconds <= LONGEST_SECONDS:
            raise ValueError(f"timeout_seconds is above 0 and at most {LONGEST_SECONDS:g}")
        if self.callers < 1:
            raise ValueError("callers is at least 1")


class Answers(Protocol):
    """What a request source needs of the flow that answers it."""

    def away_seconds(self) -> float:
        """Return for how long nobody answers: the flow is paused, or its target left alone; 0 to ask now."""

    async def told(self, event: Event) -> Reply | None:
        """Return what was answered to an earlier arrival of ``event``, if that is stored."""

    async def reply(self, offset: int, *, again: bool) -> Reply:
        """Return what comes of the event at ``offset``, once it is stored; ``again`` if it arrived before.

        Whoever gives up waiting cancels. Raises ``StoreError`` where it cannot be told.
        """


class Asking:
    """One endpoint whose senders wait, each by itself: what ``webhook`` takes is answered here."""

    def __init__(
        self,
        webhook: Webhook,
        settings: AskingSettings,
        intake: Intake,
        around: Surroundings,
        answers: Answers,
    ) -> None:
        self.path, self.body_bytes = webhook.path, webhook.body_bytes
        self.too_large, self.too_slow = webhook.too_large, webhook.too_slow
        self._webhook = webhook
        self._seconds = settings.timeout_seconds
        self._callers = settings.callers
        self._intake = intake
        self._around = around
        self._answers = answers
        self._waiting = 0

    async def handle(self, request: WebhookRequest) -> WebhookAnswer:
        """Take a request and answer it; whatever a sender can send is answered, never raised."""
        taken = self._webhook.take(request)
        if isinstance(taken, WebhookAnswer):
            return taken
        if len(taken.judged) != 1:
            several = RefusedError(400, "Not one record", "a request is one record: send them one by one")
            return self._webhook.refuse(several, taken.correlation)
        [one] = taken.judged
        if isinstance(one, Refusal):
            [answer] = await self._webhook.store([taken])
            return answer
        try:
            return await self._take(one)
        except (BusyError, StoreError) as error:
            return self._told(come_back(error, one.correlation))

    async def _take(self, event: Event) -> WebhookAnswer:
        away = self._answers.away_seconds()
        if away:
            reply = await self._answers.told(event)
            if reply is None:
                raise BusyError(
                    "the flow that would answer is paused, or its target away: nothing was stored", away
                )
            return self._tell(reply, event.correlation, 0.0, repeats=True)
        if self._waiting >= self._callers:
            raise BusyError(f"{self._waiting} callers wait for an answer already: come back", BUSY_SECONDS)
        self._waiting += 1
        try:
            return await self._ask(event)
        finally:
            self._waiting -= 1

    async def _ask(self, event: Event) -> WebhookAnswer:
        [receipt] = await self._intake.store([event])
        begun = self._around.clock.monotonic()
        again = receipt.status == "duplicate"
        elsewhere = receipt.offset == ELSEWHERE
        reply = (
            Reply(kind="gone", detail=_ELSEWHERE)
            if elsewhere
            else await self._waited_for(receipt, again=again)
        )
        taken = self._around.clock.monotonic() - begun
        return self._tell(reply, receipt.correlation, taken, repeats=again)

    async def _waited_for(self, receipt: Receipt, *, again: bool) -> Reply | None:
        """Return the reply, or None where it does not come in time or cannot be told now."""
        reply = asyncio.ensure_future(self._answers.reply(receipt.offset, again=again))
        late = asyncio.ensure_future(self._around.clock.sleep(self._seconds))
        try:
            await asyncio.wait({reply, late}, return_when=asyncio.FIRST_COMPLETED)
            return reply.result() if reply.done() else None
        except StoreError:
            return None
        finally:
            reply.cancel()
            late.cancel()

    def _tell(self, reply: Reply | None, correlation: str, seconds: float, *, repeats: bool) -> WebhookAnswer:
        """Answer with a reply, under the correlation ID of the event it was first given for."""
        correlation = (reply.correlation if reply else "") or correlation
        headers: Headers = [(b"correlation-id", correlation.encode())]
        if repeats and reply is not None:
            headers.append((b"idempotency-replayed", b"true"))
        answer = _answer(reply, correlation, headers)
        return self._told(answer, repeats=int(repeats and reply is not None), seconds=seconds)

    def _told(self, answer: WebhookAnswer, repeats: int = 0, seconds: float = 0.0) -> WebhookAnswer:
        name, stream = self._intake.name, self._intake.stream
        self._around.signals.emit(Answered(name, stream, answer.status, 1, repeats, seconds))
        return answer


def _answer(reply: Reply | None, correlation: str, headers: Headers) -> WebhookAnswer:
    if reply is None:
        found = problem(HTTPStatus.GATEWAY_TIMEOUT, "No answer in time", _LATE, correlation)
        return answer_problem(found, headers)
    if not reply.kind:
        return answer_json(200, reply.body, headers)
    if reply.kind == "gone":
        found = problem(HTTPStatus.GONE, "Answer no longer kept", reply.detail, correlation)
    else:
        detail = f"{reply.kind}: {reply.detail}"
        found = problem(HTTPStatus.BAD_GATEWAY, "No answer", detail, correlation)
    return answer_problem(found, headers)
