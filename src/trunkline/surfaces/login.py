"""Logging in to the control room and out of it; the page itself is the control room's.

Every try is in the audit and a signal, but for those that the throttle turns away before they are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.tokens import ADMIN, note_visit
from trunkline.kernel.signals import LoggedIn, LoggedOut, LogInFailed
from trunkline.surfaces.keeper import Keeper
from trunkline.surfaces.throttle import Throttle
from trunkline.vault.secret import Secret

TOKEN_FIELD = "token"  # noqa: S105  the name of a field
"""The field of the form that the token is typed into."""

CSRF_FIELD = "csrf"
"""The field of every form that holds ``Session.csrf``."""


class Welcome(msgspec.Struct, frozen=True):
    """A session that was begun; ``cookie`` is the value of a ``Set-Cookie`` header."""

    cookie: bytes


class Refusal(msgspec.Struct, frozen=True):
    """Why nobody was let in: the status to answer with, words for a person, and when to come back."""

    status: Literal[403, 429]
    detail: str
    retry_after_seconds: int = 0


class LogIn:
    """Lets people in and out by forms. ``tls`` is whether the door itself speaks HTTPS."""

    def __init__(self, backbone: Backbone, keeper: Keeper, *, tls: bool) -> None:
        self._backbone, self._keeper, self._tls = backbone, keeper, tls
        self._throttle = Throttle(backbone.machine.clock)

    async def post(
        self, form: Mapping[str, str], headers: Mapping[bytes, bytes], peer: str
    ) -> Welcome | Refusal:
        """Take the form of the log-in page, from the address ``peer``.

        ``Origin`` was checked; where it says https, a proxy has the certificate and the cookie is for TLS
        alone.
        """
        wait = self._throttle.take(peer)
        if wait:
            return Refusal(429, f"too many tries: come back in {wait} seconds", wait)
        secure = self._tls or headers.get(b"origin", b"").lower().startswith(b"https:")
        cookie = await self._keeper.begin(Secret(form.get(TOKEN_FIELD, "").strip()), secure=secure)
        if cookie is None:
            await note_visit(self._backbone, LogInFailed(peer))
            return Refusal(403, 'this is not the token: a new one is made with "trunkline token rotate"')
        self._throttle.give_back(peer)
        await note_visit(self._backbone, LoggedIn(ADMIN, peer))
        return Welcome(cookie)

    async def leave(
        self, form: Mapping[str, str], headers: Mapping[bytes, bytes], peer: str
    ) -> list[bytes] | None:
        """End the session that the form was sent in; return the cookies that make the browser forget it.

        None where the form has not the token of a session: it was not sent by one of its pages.
        """
        session = self._keeper.session(headers)
        if session is None or not session.sent(form.get(CSRF_FIELD, "")):
            return None
        cookies = await self._keeper.end(headers)
        await note_visit(self._backbone, LoggedOut(session.principal.name, peer))
        return cookies
