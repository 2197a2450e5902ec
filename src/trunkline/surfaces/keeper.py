"""The doorkeeper of a running project: knows the administrator by the token, and by the session it began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from trunkline.adapters.keyfile.keyring import KeyringFile
from trunkline.app.tokens import ADMIN
from trunkline.kernel.clock import Clock
from trunkline.surfaces.identity import ALL, Principal, Session
from trunkline.vault.keyring import DEFAULT_LENGTHS, Keyring, Lengths, SessionPrint, csrf_of, new_session
from trunkline.vault.secret import Secret

SECURE_COOKIE = "__Host-trunkline"
"""The cookie's name by TLS: browsers take it from this host alone, for all paths (RFC 6265bis 4.1.3)."""

PLAIN_COOKIE = "trunkline"

_ADMINISTRATOR = Principal(ADMIN, ALL)


class Keeper:
    """A ``Doorkeeper``. ``tls`` is whether the door itself has it: then no cookie counts that came without.

    ``lengths`` are those of the sessions that it begins. ``close`` keeps when each was last used, so that
    they go on after a restart.
    """

    def __init__(
        self, keyring: KeyringFile, clock: Clock, *, tls: bool, lengths: Lengths = DEFAULT_LENGTHS
    ) -> None:
        self._keyring, self._clock, self._lengths = keyring, clock, lengths
        self._names = (SECURE_COOKIE,) if tls else (SECURE_COOKIE, PLAIN_COOKIE)
        self._used: dict[str, int] = {}

    def bearer(self, headers: Mapping[bytes, bytes]) -> Principal | None:
        """Recognise who sends the token as ``Authorization: Bearer``."""
        scheme, _, given = headers.get(b"authorization", b"").strip().partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = Secret(given.strip().decode("latin-1"))
        return _ADMINISTRATOR if self._keyring.read().token(token, self._clock.now()) else None

    def session(self, headers: Mapping[bytes, bytes]) -> Session | None:
        """Recognise who has logged in, by a cookie; that it was asked keeps the session open."""
        for given in self._cookies(headers):
            found = self._open(given)
            if found:
                self._used[found.digest] = self._clock.now()
                return Session(_ADMINISTRATOR, csrf_of(given))
        return None

    async def begin(self, token: Secret, *, secure: bool) -> bytes | None:
        """Begin a session of a token and return the cookie that stands for it; None for what is no token."""
        now = self._clock.now()
        known = self._keyring.read().token(token, now)
        if known is None:
            return None
        session = new_session()
        await self._change(lambda keyring: keyring.began(session, known, now, self._lengths))
        return _cookie(session.reveal(), self._lengths.longest_seconds, secure=secure)

    async def end(self, headers: Mapping[bytes, bytes]) -> list[bytes]:
        """End the session that a browser sends the cookie of; return the cookies that make it forget."""
        for found in filter(None, map(self._open, self._cookies(headers))):
            await self._change(partial(Keyring.ended, session=found))
        return [_cookie("", 0, secure=name == SECURE_COOKIE) for name in self._names]

    def close(self) -> None:
        """Keep when sessions were last used."""
        if self._used:
            self._keyring.change(lambda keyring: keyring.used(self._used).kept(self._clock.now()))

    async def _change(self, how: Callable[[Keyring], Keyring]) -> None:
        used = dict(self._used)
        changed = await asyncio.to_thread(self._keyring.change, lambda keyring: how(keyring.used(used)))
        known = {one.digest for one in changed.sessions}
        self._used = {name: at for name, at in self._used.items() if name in known}

    def _open(self, given: Secret) -> SessionPrint | None:
        return self._keyring.read().used(self._used).session(given, self._clock.now())

    def _cookies(self, headers: Mapping[bytes, bytes]) -> Iterator[Secret]:
        for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
            name, _, value = pair.strip().partition("=")
            if name in self._names and value:
                yield Secret(value)


def _cookie(value: str, seconds: int, *, secure: bool) -> bytes:
    """Write a ``Set-Cookie`` header.

    ``Lax`` sends it with a link that is followed here, as in an alert; what changes something is kept from
    other sites by ``Origin`` and by the token of forms.
    """
    name, more = (SECURE_COOKIE, "; Secure") if secure else (PLAIN_COOKIE, "")
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{more}".encode()
