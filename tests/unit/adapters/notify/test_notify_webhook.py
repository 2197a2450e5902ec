"""A signed webhook: what the published reference verifies, and what each answer means."""

from __future__ import annotations

import socket

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from trunkline.adapters.notify.webhook import SignedWebhook, signed
from trunkline.kernel.clock import SystemClock
from trunkline.kernel.errors import Final, Retryable, SecretUnavailable
from trunkline.observe.alerts.channel import Letter
from trunkline.vault.secret import Secret

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LETTER = Letter("m1", "title", "text", "page", over=False, payload=b'{"type":"alerts.firing"}')


class Known:
    def __init__(self, **values):
        self.values = values

    def get(self, reference):
        if reference not in self.values:
            raise SecretUnavailable(f"{reference} has no value")
        return Secret(self.values[reference])


class Receiver:
    """Takes posts and answers each with the status that is set."""

    def __init__(self):
        self.took, self.status = [], 204

    async def take(self, request):
        self.took.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def receiver():
    one = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", one.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook?token=hunter2"
    yield one
    await runner.cleanup()


def channel(url):
    return SignedWebhook("url", "key", Known(url=url, key=KEY), SystemClock())


# What is sent is verified by the reference library, and not once a byte of it is changed.
async def test_signed(receiver):
    await channel(receiver.url).send(LETTER)
    [(headers, body)] = receiver.took
    headers = {name.lower(): text for name, text in headers.items()}
    assert (headers["webhook-id"], headers["content-type"]) == ("m1", "application/json")
    assert Webhook(KEY).verify(body, headers) == {"type": "alerts.firing"}
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(body + b" ", headers)


# Every success is one; all else is tried again, but for a receiver that is gone; no redirection is followed.
@pytest.mark.parametrize("status", [200, 202, 204])
async def test_taken(receiver, status):
    receiver.status = status
    await channel(receiver.url).send(LETTER)


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
async def test_tried_again(receiver, status):
    receiver.status = status
    with pytest.raises(Retryable) as refused:
        await channel(receiver.url).send(LETTER)
    assert refused.value.kind == f"http-{status}"
    assert len(receiver.took) == 1


async def test_gone(receiver):
    receiver.status = 410
    with pytest.raises(Final):
        await channel(receiver.url).send(LETTER)


# Nobody there, or no address at all, is tried again, and the address is not told: it may hold a token.
async def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/hunter2", "hunter2", "http://[hunter2"):
        with pytest.raises(Retryable) as refused:
            await channel(url).send(LETTER)
        assert refused.value.kind == "unreachable"
        assert "hunter2" not in str(refused.value)


# Without its secrets nothing is sent, and a key that is none is told without repeating it.
async def test_secrets():
    with pytest.raises(SecretUnavailable):
        await SignedWebhook("url", "key", Known(), SystemClock()).send(LETTER)
    with pytest.raises(Retryable) as refused:
        signed(LETTER, 0, Secret("no base64!"))
    assert refused.value.kind == "secret"
    assert "no base64!" not in str(refused.value)
