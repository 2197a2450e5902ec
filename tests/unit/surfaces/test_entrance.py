"""People come into the control room by the log-in form of a running door, and leave it by another."""

from __future__ import annotations

import re

import aiohttp
import pytest

from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.surfaces.mounts import doorway
from trunkline.surfaces.place import Place
from trunkline.surfaces.throttle import FROM_ONE


@pytest.fixture
async def backbone(folder):
    async with opened(Project.load(folder), this_machine({})) as running:
        yield running


@pytest.fixture
async def browser(backbone):
    """Give a session with a browser's cookies and the ``Origin`` it sends with forms."""
    with doorway(backbone, Place("127.0.0.1", 0)) as opens:
        door = await opens({})
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(door.url, cookie_jar=jar, headers={"origin": door.url}) as session:
            yield session
        await door.close()


async def sent(browser, path, **fields):
    async with browser.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location"), await answer.text()


# The start page leads to the log-in, which leads on to where one wanted to go; a form leads out again.
async def test_in_and_out(backbone, browser):
    token = (await perform(backbone, RotateToken("ann"))).token
    async with browser.get("/") as answer:
        assert answer.url.path == "/control/login"
        assert 'name="token"' in await answer.text()
    status, there, _ = await sent(browser, "/control/login", token=token, next="/control/flows")
    assert (status, there) == (303, "/control/flows")
    async with browser.get("/control/") as answer:
        [csrf] = set(re.findall(r'name="csrf" value="(\w+)"', await answer.text()))
    assert (await sent(browser, "/control/logout", csrf="no"))[0] == 303
    async with browser.get("/control/") as answer:
        assert answer.url.path == "/control/"
    assert (await sent(browser, "/control/logout", csrf=csrf))[1] == "/control/login"
    async with browser.get("/control/") as answer:
        assert answer.url.path == "/control/login"


# A wrong token shows the form again and why; too many have to wait; nobody is led to another site.
async def test_refused(backbone, browser):
    token = (await perform(backbone, RotateToken("ann"))).token
    status, there, _ = await sent(browser, "/control/login", token=token, next="https://evil.example.com/")
    assert (status, there) == (303, "/control/")
    for _ in range(FROM_ONE.burst):
        status, _, text = await sent(browser, "/control/login", token="tl_no")
        assert (status, 'name="token"' in text, "not the token" in text) == (403, True, True)
        assert "tl_no" not in text
    assert (await sent(browser, "/control/login", token=token))[0] == 429


# A form of another site, and one that is too long, log nobody in.
async def test_other_sites(browser):
    async with browser.post(
        "/control/login", data={}, headers={"origin": "https://evil.example.com"}
    ) as answer:
        assert answer.status == 403
    assert (await sent(browser, "/control/login", token="x" * 100_000))[0] == 413
