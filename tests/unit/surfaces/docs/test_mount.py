"""Documentation in the running door: read only, and for this machine alone unless it is said otherwise."""

from __future__ import annotations

import aiohttp
import pytest
from tests.documented import demo
from tests.unit.surfaces.doors import status

from trunkline.app.docs.join import joined
from trunkline.surfaces.docs.mount import DOCS, Pages
from trunkline.surfaces.docs.site import Site
from trunkline.surfaces.door import Door, serve
from trunkline.testkit.clock import CountingIds

LOCAL = {b"host": b"127.0.0.1:8080"}


@pytest.fixture
def make(tmp_path):
    """Return what makes a site, and counts how often it was asked to."""
    project = demo(tmp_path / "demo")

    def build():
        build.count += 1
        return Site(joined(project))

    build.count = 0
    return build


@pytest.fixture
async def session(make):
    door = Door({}, CountingIds(), mounts={DOCS: Pages(make, "local", CountingIds())})
    listening = await serve(door, "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.port}") as opened:
        yield opened
    await listening.close()


# Pages come with their type, a tag, and headers that let a browser do nothing else with them.
async def test_pages(session):
    async with session.get("/docs/") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert "order@1" in await answer.text()
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    for path, kind in (
        ("style.css", "text/css"),
        ("search.js", "text/javascript"),
        ("asyncapi.json", "application/json"),
        ("contracts/order@1.html", "text/html"),
        ("contracts/order@1.md", "text/markdown"),
    ):
        async with session.get(f"/docs/{path}") as answer:
            assert (answer.status, answer.content_type) == (200, kind)


# A browser that has a page already is told so, and gets no body.
async def test_not_modified(session):
    async with session.get("/docs/systems.html") as answer:
        tag = answer.headers["etag"]
    for given in (tag, f'"x", W/{tag}', "*"):
        async with session.get("/docs/systems.html", headers={"if-none-match": given}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
            assert answer.headers["etag"] == tag
    async with session.get("/docs/systems.html", headers={"if-none-match": '"x"'}) as answer:
        assert answer.status == 200


# HEAD has the headers alone, the bare path leads on, other methods are refused.
async def test_methods(session):
    async with session.head("/docs/") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert int(answer.headers["content-length"]) > 1_000
    async with session.get("/docs", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (308, "/docs/")
    async with session.post("/docs/", data=b"x") as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


# What is no page is the door's own 404, however it is written.
async def test_nothing_there(session):
    for path in ("/docs/nothing.html", "/docsx", "/docs/%2e%2e/trunkline.yaml", "/docs//etc/passwd"):
        async with session.get(path) as answer:
            assert (answer.status, answer.content_type) == (404, "application/problem+json")


# A site is made with the first request for it, once.
async def test_made_once(make):
    pages = Pages(make, "local", CountingIds())
    assert make.count == 0
    for _ in range(3):
        assert await status(pages, "/docs/", LOCAL) == 200
    assert make.count == 1


# By default neither a page of another site that has its name point here, nor a proxy, gets at them.
@pytest.mark.parametrize(
    "headers",
    [
        {b"host": b"evil.example.com"},
        {b"host": b"127.0.0.1.evil.example.com:8080"},
        {b"host": b"[2001:db8::1]:8080"},
        {},
        LOCAL | {b"x-forwarded-for": b"203.0.113.9"},
        LOCAL | {b"forwarded": b"for=203.0.113.9"},
        LOCAL | {b"via": b"1.1 proxy"},
    ],
)
async def test_not_local(make, headers):
    assert await status(Pages(make, "local", CountingIds()), "/docs/", headers) == 404
    assert await status(Pages(make, "everybody", CountingIds()), "/docs/", headers) == 200
    assert await status(Pages(make, "nobody", CountingIds()), "/docs/", LOCAL) == 404
