"""Under which names pages and API are asked for, and from where: what keeps other sites' pages out.

A page of another site can have its own name point to this machine and read what a browser then gets (DNS
rebinding): the ``Host`` that it sends is not one of the door's. It can have the browser send a form or a
request here: ``Origin`` and ``Sec-Fetch-Site``, which no page can choose, say that it was another page. See
RFC 9110 section 7.2 and 15.5.20, and OWASP's Cross-Site Request Forgery Prevention Cheat Sheet. Webhooks,
the documentation and the registry are asked by other names: they do not pass here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from trunkline.surfaces.access import Denied, Headers, host_of, is_loopback
from trunkline.surfaces.door import Application, Receive, Scope, Send, send_answer
from trunkline.surfaces.rest.problems import answer_of

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing (RFC 9110 section 9.2.1)."""


class Origins:
    """The names of a door that listens on ``host``, and ``hosts`` besides."""

    def __init__(self, host: str, hosts: Collection[str] = ()) -> None:
        self._known = {one.lower() for one in (host, *hosts)}
        self._everywhere = _is_unspecified(host)

    def check(self, method: str, headers: Headers) -> None:
        """Raise ``Denied`` for a request by a name that is not the door's, or of another site's page."""
        if not self._knows(host_of(headers)):
            raise Denied(421, "this door has another name: see listen.hosts in trunkline.yaml")
        if method not in SAFE and not _is_own(headers):
            raise Denied(403, "a page of another site may not ask for this")

    def _knows(self, name: str) -> bool:
        name = name.lower().removesuffix(".")
        return name in self._known or is_loopback(name) or (self._everywhere and _is_address(name))


def guarded(application: Application, origins: Origins) -> Application:
    """Return an application that is asked for by the names of its door and by no other site's page."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            origins.check(scope["method"], dict(scope["headers"]))
        except Denied as error:
            await send_answer(answer_of(error), send)
        else:
            await application(scope, receive, send)

    return answer


def _is_own(headers: Headers) -> bool:
    """Tell whether a request is of one of our pages, or of a program, which says neither."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None and site != b"same-origin":
        return False
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return origin is None or urlsplit(origin.decode("latin-1").lower()).netloc == host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_unspecified(host: str) -> bool:
    """Tell whether a host is every address of this machine; a page cannot make any of them its own name."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104  compared with, not listened on
