"""The same pages in the running door, under ``/docs``: read only, and by default for this machine alone.

A door that listens on a loopback address shows them to whoever asks it by such a name and came without a
proxy; any other door only where ``listen.docs`` says so. Pages are made when they are asked for, one at a
time and off the event loop, so that they take nothing from what arrives.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trunkline.intake.problem import Headers, WebhookAnswer
from trunkline.kernel.ids import Ids
from trunkline.surfaces.access import Readers, admits
from trunkline.surfaces.door import Receive, Scope, Send, nothing_here, send_answer

if TYPE_CHECKING:
    from trunkline.surfaces.docs.site import Site  # the template engine is loaded with the first page

DOCS = "/docs"
"""Where in the door they are."""
START = "index.html"
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
}
"""What each kind of file is served as."""

SECURITY: Headers = [
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Pages:
    """The ASGI application: answers with the files of a site, which is made with the first of them."""

    def __init__(self, make: Callable[[], Site], readers: Readers, ids: Ids) -> None:
        self._make = make
        self._readers = readers
        self._ids = ids
        self._site: Site | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request; for whoever may not read them there is nothing here."""
        found = await self._answer(scope["method"], scope["path"], dict(scope["headers"]))
        await send_answer(found or nothing_here(self._ids), send)

    async def _answer(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> WebhookAnswer | None:
        if not admits(self._readers, headers):
            return None
        if method not in ("GET", "HEAD"):
            return _answer(405, [(b"allow", b"GET, HEAD")])
        if path == DOCS:
            return _answer(308, [(b"location", f"{DOCS}/".encode())])
        name = path.removeprefix(f"{DOCS}/") or START
        async with self._one_at_a_time:
            body = await asyncio.to_thread(self._page, name)
        return None if body is None else _file(name, body, headers)

    def _page(self, name: str) -> bytes | None:
        if self._site is None:
            self._site = self._make()
        return self._site.page(name)


def _file(name: str, body: bytes, headers: Mapping[bytes, bytes]) -> WebhookAnswer:
    etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
    caching = [(b"etag", etag), (b"cache-control", b"no-cache")]
    known = {one.strip().removeprefix(b"W/") for one in headers.get(b"if-none-match", b"").split(b",")}
    if etag in known or b"*" in known:
        return _answer(304, caching)
    kind = TYPES[name.rpartition(".")[2]]
    return _answer(200, [(b"content-type", kind.encode()), *caching], body)


def _answer(status: int, headers: Headers, body: bytes = b"") -> WebhookAnswer:
    length = [] if status == 304 else [(b"content-length", b"%d" % len(body))]  # noqa: PLR2004  RFC 9110 8.6
    return WebhookAnswer(status, [*headers, *length, *SECURITY], body)
