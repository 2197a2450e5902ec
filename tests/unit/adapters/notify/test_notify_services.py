"""Services that Apprise knows: letters reach them, and what fails says what to do."""

from __future__ import annotations

import builtins

import pytest
from aiohttp import web

from trunkline.adapters.notify.services import INSTALL, AppriseServices
from trunkline.kernel.errors import Retryable
from trunkline.observe.alerts.channel import Letter
from trunkline.vault.secret import Secret

LETTER = Letter("m1", "[shop] page: late", "flow orders is late", "page", over=False, payload=b"{}")

# the library's own imports warn on Python 3.11
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Known:
    def __init__(self, urls):
        self.urls = urls

    def get(self, _reference):
        return Secret(self.urls)


def services(urls):
    return AppriseServices("secret://alerts/chat", Known(urls))


class Service:
    """A service that takes JSON, or answers with the status that is set."""

    def __init__(self):
        self.took, self.status = [], 200

    async def take(self, request):
        self.took.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture
async def service():
    pytest.importorskip("apprise")
    one = Service()
    application = web.Application()
    application.router.add_post("/{path:.*}", one.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"json://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


# Every service of a route gets the letter, in its own words for how much it matters.
async def test_told(service):
    await services(f"{service.url}/a {service.url}/b").send(LETTER)
    assert [(one["title"], one["message"], one["type"]) for one in service.took] == [
        (LETTER.title, LETTER.text, "failure")
    ] * 2


# Where one fails, or is none, the letter is tried again, and the URL is not told: it holds a token.
async def test_failed(service):
    service.status = 500
    with pytest.raises(Retryable) as refused:
        await services(f"{service.url}/hunter2").send(LETTER)
    assert refused.value.kind == "apprise"
    assert "hunter2" not in str(refused.value)
    with pytest.raises(Retryable) as refused:
        await services(f"{service.url} hunter2").send(LETTER)
    assert refused.value.kind == "apprise-url"
    assert "hunter2" not in str(refused.value)


# Without the extra the line that installs it is told.
async def test_without_the_extra(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "apprise":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Retryable) as refused:
        await services("json://a").send(LETTER)
    assert INSTALL in str(refused.value)
