"""The administrator's token, and what the audit keeps of who came in by it.

A token is made when the first one is asked for and whenever it is rotated: the same act. It is told once, to
who asked; what is kept is a print of it. Whoever may read ``state/`` may make one.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

import msgspec

from trunkline.adapters.keyfile.keyring import KeyringFile
from trunkline.app.act import Act, Change
from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import UsageError
from trunkline.kernel.roles import Role
from trunkline.kernel.signals import LoggedIn, LoggedOut, LogInFailed, TokenRotated
from trunkline.observe.audit import Begun, Ended
from trunkline.observe.logs import event_name
from trunkline.vault.keyring import Keyring, TokenPrint, new_token

LONGEST_OVERLAP_SECONDS = 7 * 86_400
"""How long the token before may go on being taken."""

ADMIN = "admin"
"""What the audit says of whoever has the token; who that is, the place it came from may tell."""

_FILE = "keyring.json"


class TokenView(msgspec.Struct, frozen=True):
    """A token that is taken: when and by whom it was made, and its end (None: when it is rotated)."""

    made_at: str
    made_by: str
    ends_at: str | None = None


class TokenStanding(msgspec.Struct, frozen=True):
    """The tokens that are taken, the newest first, and how many sessions are open; no token, no way in."""

    tokens: list[TokenView]
    sessions: int


class NewToken(msgspec.Struct, frozen=True):
    """A token as it was made: ``token`` is told here and never again."""

    token: str
    overlap_seconds: int


class RotateToken(Act, frozen=True):
    """Make a new administrator's token; the one before, with its sessions, ends now or after the overlap."""

    role: ClassVar[Role] = "intake"
    by: str
    why: str = ""
    overlap_seconds: int = 0

    def change(self, _result: NewToken) -> Change:
        """Tell that there is one, and nothing of it."""
        return Change(count=1)


def keyring_of(project: Project) -> KeyringFile:
    """Return the file of who may come in."""
    return KeyringFile(project.state / _FILE)


async def rotate_token(backbone: Backbone, act: RotateToken) -> NewToken:
    """Make a token and return it, once it is durable that the ones before end."""
    if not 0 <= act.overlap_seconds <= LONGEST_OVERLAP_SECONDS:
        raise UsageError(f"an overlap is from 0 to {LONGEST_OVERLAP_SECONDS} seconds")
    token, now = new_token(), backbone.machine.clock.now()

    def rotated(keyring: Keyring) -> Keyring:
        return keyring.rotated(token, act.by, now, act.overlap_seconds)

    await asyncio.to_thread(keyring_of(backbone.project).change, rotated)
    backbone.machine.signals.emit(TokenRotated(act.by, act.overlap_seconds))
    return NewToken(token.reveal(), act.overlap_seconds)


def token_standing(project: Project, now: int) -> TokenStanding:
    """Tell which tokens are taken."""
    kept = keyring_of(project).read().kept(now)
    return TokenStanding([_view(one) for one in kept.tokens], len(kept.sessions))


def _view(token: TokenPrint) -> TokenView:
    ends_at = to_rfc3339(token.ends_at) if token.ends_at else None
    return TokenView(to_rfc3339(token.made_at), token.made_by, ends_at)


async def note_visit(backbone: Backbone, visit: LoggedIn | LoggedOut | LogInFailed) -> None:
    """Write down that somebody came in, went, or was not let in, and tell it."""
    by = "" if isinstance(visit, LogInFailed) else visit.by
    about = msgspec.json.encode({"peer": visit.peer}).decode()
    machine = backbone.machine
    number = await backbone.audit.begin(Begun(machine.clock.now(), by, event_name(type(visit)), about))
    ended = partial(Ended, count=1) if by else partial(Ended, "failed", failure="the token is not one")
    await backbone.audit.end(number, ended())
    machine.signals.emit(visit)
