"""Who may come in at the door: the administrator's token and the sessions it began, by their prints alone.

A token is 256 random bits, so one SHA-256 of it keeps it: there is nothing to guess, and what slows guessing
(argon2, bcrypt) is for passwords, which people choose. See NIST SP 800-63B section 5.1.2.2, which asks for
salt and stretching below 112 bits of entropy only, and OWASP's Session Management Cheat Sheet for the length
of identifiers and for the two ends of a session. A keyring is a value: whoever changes it keeps the new one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from trunkline.kernel.clock import SECOND
from trunkline.vault.secret import Secret

PREFIX = "tl_"
"""What a token begins with, so that people, and programs that look for leaked secrets, know one."""

TOKEN_BYTES = 32

IDLE_SECONDS = 3_600
"""A session ends when nothing was asked in it for so long, where nothing else is said."""

LONGEST_SECONDS = 43_200
"""A session ends so long after it began, whatever is asked in it, where nothing else is said."""

MOST_SESSIONS = 100
"""Of more, the ones that began first end."""


class TokenPrint(msgspec.Struct, frozen=True):
    """A token: its digest, when (microseconds) and by whom it was made, and when it ends; 0: when rotated."""

    digest: str
    made_at: int
    made_by: str
    ends_at: int = 0


class Lengths(msgspec.Struct, frozen=True):
    """How long a session may be: without a request, and at all."""

    idle_seconds: int = IDLE_SECONDS
    longest_seconds: int = LONGEST_SECONDS


class SessionPrint(msgspec.Struct, frozen=True):
    """A session: its digest, that of the token that began it, and when it began and was last used.

    It keeps the lengths that held when it began: who has another file of settings ends it no sooner or later.
    """

    digest: str
    token: str
    began_at: int
    used_at: int
    lengths: Lengths = Lengths()


DEFAULT_LENGTHS = Lengths()


class Keyring(msgspec.Struct, frozen=True):
    """Tokens, the newest first, and sessions, the newest last. No text in it opens anything."""

    tokens: tuple[TokenPrint, ...] = ()
    sessions: tuple[SessionPrint, ...] = ()

    def token(self, given: Secret, now: int) -> TokenPrint | None:
        """Return the token that was given, if it has not ended."""
        return _found(self._valid(now), given)

    def session(self, given: Secret, now: int) -> SessionPrint | None:
        """Return the session that was given, if neither it nor its token has ended."""
        found = _found(self.kept(now).sessions, given)
        return found if found and now - found.used_at < found.lengths.idle_seconds * SECOND else None

    def rotated(self, token: Secret, by: str, now: int, overlap_seconds: int = 0) -> Keyring:
        """Return a keyring with a new token; those before it, and their sessions, end after ``overlap``."""
        ends_at = now + overlap_seconds * SECOND
        old = [replace(one, ends_at=min(one.ends_at or ends_at, ends_at)) for one in self._valid(now)]
        return replace(self, tokens=(TokenPrint(digest(token), now, by), *old)).kept(now)

    def began(
        self, session: Secret, token: TokenPrint, now: int, lengths: Lengths = DEFAULT_LENGTHS
    ) -> Keyring:
        """Return a keyring with a new session of a token."""
        kept = self.kept(now)
        sessions = (*kept.sessions, SessionPrint(digest(session), token.digest, now, now, lengths))
        return replace(kept, sessions=sessions[-MOST_SESSIONS:])

    def ended(self, session: SessionPrint) -> Keyring:
        """Return a keyring without a session."""
        return replace(self, sessions=tuple(one for one in self.sessions if one.digest != session.digest))

    def used(self, at: dict[str, int]) -> Keyring:
        """Return a keyring that knows when its sessions were last used, by digest."""
        return replace(
            self,
            sessions=tuple(
                replace(one, used_at=max(one.used_at, at.get(one.digest, 0))) for one in self.sessions
            ),
        )

    def kept(self, now: int) -> Keyring:
        """Return a keyring without what has ended; who knows of no later use does not tell what is idle."""
        tokens = self._valid(now)
        known = {one.digest for one in tokens}
        sessions = [
            one
            for one in self.sessions
            if one.token in known and now < one.began_at + one.lengths.longest_seconds * SECOND
        ]
        return Keyring(tokens, tuple(sessions))

    def _valid(self, now: int) -> tuple[TokenPrint, ...]:
        return tuple(one for one in self.tokens if not one.ends_at or now < one.ends_at)


class _Print(Protocol):
    @property
    def digest(self) -> str: ...


P = TypeVar("P", bound=_Print)


def new_token() -> Secret:
    """Make a token."""
    return Secret(PREFIX + secrets.token_urlsafe(TOKEN_BYTES))


def new_session() -> Secret:
    """Make what a browser's cookie holds."""
    return Secret(secrets.token_urlsafe(TOKEN_BYTES))


def digest(secret: Secret) -> str:
    """Return what is kept of a token or session."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def csrf_of(session: Secret) -> str:
    """Return what the forms of a session have to send: it follows from the cookie, which no page can read."""
    return hmac.new(session.reveal().encode(), b"csrf", hashlib.sha256).hexdigest()


def _found(prints: Iterable[P], given: Secret) -> P | None:
    """Return the print of what was given; each is compared, in constant time."""
    printed = digest(given)
    found = [one for one in prints if hmac.compare_digest(one.digest, printed)]
    return found[0] if found else None
