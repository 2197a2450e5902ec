"""The webhook against the suite of what a sender may rely on, in every form that several records come in."""

from __future__ import annotations

import json

import msgspec
import pytest

from trunkline.connectors.source import Receipt
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings
from trunkline.testkit.arrival import ArrivalSuite
from trunkline.testkit.source import UNREADABLE


def lines(values):
    """Write a record a line; the unreadable one is torn."""
    return b"\n".join(b'{"value":' if one == UNREADABLE else b'{"value":%d}' % one for one in values)


def array(values):
    """Write an array; the unreadable record is nested beyond the limit."""
    deep = b"[" * 100 + b"]" * 100
    return b"[%s]" % b",".join(
        b'{"value":%s}' % (deep if one == UNREADABLE else b"%d" % one) for one in values
    )


def cloudevents(values):
    """Write a batch of CloudEvents; the unreadable one has no version."""
    events = [
        {
            "specversion": "0.1" if one == UNREADABLE else "1.0",
            "id": f"{values}/{number}",
            "source": "/meter",
            "type": "read",
            "data": {"value": one},
        }
        for number, one in enumerate(values)
    ]
    return json.dumps(events).encode()


FORMS = {
    b"application/x-ndjson": lines,
    b"application/json": array,
    b"application/cloudevents-batch+json": cloudevents,
}


class Caller:
    """A system that posts, and posts again while it is told to come back."""

    def __init__(self, media):
        self._media = media

    async def send(self, intake, around, values):
        hook = Webhook(WebhookSettings("/hooks/meter", "none"), None, intake, around)
        headers = {b"content-type": self._media, b"idempotency-key": str(values).encode()}
        while True:
            answer = await hook.handle(WebhookRequest("POST", headers, FORMS[self._media](values)))
            wait = dict(answer.headers).get(b"retry-after")
            if wait is None:
                return msgspec.convert(json.loads(answer.body)["receipts"], list[Receipt])
            await around.clock.sleep(int(wait))


class TestWebhook(ArrivalSuite):
    """A 2xx means what a settled batch of a pull source means."""

    @pytest.fixture(params=FORMS, ids=lambda media: media.decode())
    def sender(self, request):
        return Caller(request.param)
