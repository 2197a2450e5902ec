"""The application of the control room: who gets in, what comes back, what is refused."""

from __future__ import annotations

import json

import pytest
from tests.control_room import CSRF, PERSON, Guard, ask, keeper_of, open_room
from tests.documented import HARM

from trunkline.app.acts import PauseFlow, RotateToken, perform
from trunkline.surfaces.dashboard.pages import PAGES

STRANGER = "who=nobody"


# Who is not known is led to the log-in, which leads back; a program is refused.
async def test_strangers(get):
    led = await get("/control/flows?q=a", cookie=STRANGER)
    assert (led.status, led.headers["location"]) == (303, "/control/login?next=%2Fcontrol%2Fflows%3Fq%3Da")
    page = await get("/control/login?next=%2Fcontrol%2Fflows%3Fq%3Da", cookie=STRANGER)
    assert page.status == 200
    assert 'value="/control/flows?q=a"' in page.text
    for path in ("/control/flows?fragment=1", "/control/flows?format=csv", "/control/live"):
        assert (await get(path, cookie=STRANGER)).status == 401


# A form that is sent when the session is over changes nothing; the answer says what to do, and where from.
async def test_sent_by_a_stranger(get):
    where = "/control/act/silence-alerts?flow=orders-to-shop"
    browser = {"accept": "text/html,*/*;q=0.8", "referer": f"http://127.0.0.1:8080{where}"}
    page = await get("/control/act/silence-alerts", "POST", STRANGER, headers=browser)
    assert (page.status, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "nothing was changed" in page.text
    assert f'name="next" value="{where}"' in page.text
    for path, accept in (("/control/act/x", "*/*"), ("/control/act/x?fragment=1", "text/html")):
        told = await get(path, "POST", STRANGER, headers={"accept": accept})
        assert (told.status, told.headers["content-type"]) == (401, "application/problem+json")
        assert "log in" in json.loads(told.text)["detail"]
        assert "www-authenticate" not in told.headers
    stranger = await get(
        "/control/act/x", "POST", STRANGER, headers=browser | {"referer": "http://a.example/b"}
    )
    assert 'name="next" value="/control/"' in stranger.text


# Who may not read is nobody here.
async def test_without_permission(backbone):
    room = open_room(backbone, Guard(may=()))
    assert (await ask(room, "/control/")).status == 303


# Every answer forbids script and style that are not ours, and frames.
async def test_headers(get):
    answer = await get("/control/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# No page has script or style in its text, and what is stored is shown as text.
@pytest.mark.parametrize("page", [one for one in PAGES if "{" not in one.path], ids=lambda one: one.name)
async def test_pages(get, page):
    answer = await get(f"/control{page.path}")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "onerror=alert(2)>" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert PERSON not in answer.text
    assert f'<a href="/control{page.path}" aria-current="page"' in answer.text or page.group is None


# A fragment is the page's own part, without the shell.
async def test_fragment(get):
    whole, part = await get("/control/flows"), await get("/control/flows?fragment=1")
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert 'id="flow-orders-to-shop"' in part.text
    assert "fragment" not in part.text


# A fragment is shared by all who look, so it has nothing of a session in it, on no page.
@pytest.mark.parametrize("page", [page for page in PAGES if "{" not in page.path], ids=lambda page: page.name)
async def test_a_fragment_is_nobodys(get, page):
    part = await get(f"/control{page.path}?fragment=1")
    assert part.status == 200
    assert CSRF not in part.text


# Who may do less is not shown what somebody else may do, who looked just now.
async def test_a_fragment_is_for_those_who_may_the_same(backbone):
    guard = Guard()
    room = open_room(backbone, guard)
    both = await ask(room, "/control/dead?fragment=1")
    assert "/control/act/" in both.text
    assert (await ask(room, "/control/dead?fragment=1")).text == both.text
    guard.known = Guard(("read",)).known
    assert "/control/act/" not in (await ask(room, "/control/dead?fragment=1")).text
    room.close()


# A fragment shows what has changed.
async def test_a_fragment_of_something_else(get, backbone):
    before = await get("/control/flows?fragment=1")
    assert (await get("/control/flows?fragment=1&q=shop")).text != before.text
    await perform(backbone, PauseFlow("orders-to-shop", "ann", "a move"))
    backbone.machine.clock.advance(10)
    after = await get("/control/flows?fragment=1")
    assert after.text.count("Paused") == before.text.count("Paused") + 1


# The same address gives what the page shows as a file.
async def test_exports(get):
    answer = await get("/control/flows?format=json&q=shop")
    assert answer.headers["content-disposition"] == 'attachment; filename="flows.json"'
    shown = json.loads(answer.text)
    assert [one["flow"] for one in shown["data"]] == ["orders-to-shop"]
    answer = await get("/control/flows?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[0].startswith("flow,title,stream,target,health,")
    assert len(answer.text.splitlines()) == 4
    assert (await get("/control/flows?format=xml")).status == 404
    assert (await get("/control/?format=csv")).status == 404


# What is not there is said on a page that leads on.
async def test_absent(get):
    answer = await get("/control/nothing")
    assert answer.status == 404
    assert "there is no such page" in answer.text
    assert (await get("/control/flows", "PUT")).status == 405
    assert (await get("/control/act/nothing")).status == 404
    assert (await get("/control", cookie="")).headers["location"] == "/control/"


# HEAD has the headers alone.
async def test_head(get):
    answer = await get("/control/", "HEAD")
    assert answer.text == ""
    assert int(answer.headers["content-length"]) > 1_000


# Static files may be kept, as their address changes with them.
async def test_static(get):
    for name in ("house.css", "room.css", "room.js", "icon.svg"):
        answer = await get(f"/control/static/{name}", cookie=STRANGER)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
    assert (await get("/control/static/../room.py")).status == 404


# The colours are kept in a cookie, and anything else than the three counts as none.
async def test_theme(get):
    answer = await get(
        "/control/theme", "POST", form={"csrf": CSRF, "theme": "dark", "back": "/control/flows"}
    )
    assert (answer.status, answer.headers["location"]) == (303, "/control/flows")
    assert answer.cookies[0].startswith("trunkline_theme=dark;")
    assert 'data-theme="dark"' in (await get("/control/", cookie="trunkline_theme=dark")).text
    assert "data-theme" not in (await get("/control/", cookie='trunkline_theme="><script>')).text


# A form without the session's token does nothing.
async def test_forgery(get):
    for given in ({}, {"csrf": "another"}):
        answer = await get("/control/theme", "POST", form={"theme": "dark", **given})
        assert (answer.status, answer.cookies) == (403, [])


# It never goes on anywhere else than to a page of ours.
async def test_back(get):
    for away in (
        "https://evil.example/",
        "//evil.example",
        "/control//evil.example",
        "/docs/",
        "/control/\\x",
    ):
        answer = await get("/control/theme", "POST", form={"csrf": CSRF, "theme": "dark", "back": away})
        assert answer.headers["location"] == "/control/"


# What came of an act is told once, on the next page, as text.
async def test_told(get):
    answer = await get("/control/", cookie=f"trunkline_told={HARM.replace(';', '')}")
    assert 'id="told"' in answer.text
    assert "<script>alert" not in answer.text
    assert answer.cookies[0].startswith("trunkline_told=; ")


# The token lets in, to where somebody wanted to go, and the same page lets out.
async def test_visit(backbone):
    keeper = keeper_of(backbone)
    room = open_room(backbone, keeper)
    made = await perform(backbone, RotateToken("ann"))
    form = {"token": made.token, "next": "/control/flows?q=a"}
    led = await ask(room, "/control/login", "POST", form=form)
    assert (led.status, led.headers["location"]) == (303, "/control/flows?q=a")
    cookie = led.cookies[0].partition(";")[0]
    assert (await ask(room, "/control/flows", cookie=cookie)).status == 200
    csrf = keeper.session({b"cookie": cookie.encode()}).csrf
    led = await ask(room, "/control/logout", "POST", cookie, {"csrf": "x"})
    assert led.headers["location"] == "/control/"
    led = await ask(room, "/control/logout", "POST", cookie, {"csrf": csrf})
    assert led.headers["location"] == "/control/login"
    assert (await ask(room, "/control/flows", cookie=cookie)).status == 303


# What is no token is asked for again, and not for ever.
async def test_wrong_token(backbone):
    room = open_room(backbone, keeper_of(backbone))
    tries = [await ask(room, "/control/login", "POST", form={"token": "guess"}) for _ in range(6)]
    assert [one.status for one in tries] == [403] * 5 + [429]
    assert "this is not the token" in tries[0].text
    assert not any(one.cookies for one in tries)
