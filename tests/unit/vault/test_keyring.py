"""A keyring knows tokens and sessions by their prints, and when each has ended."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.kernel.clock import SECOND
from trunkline.vault.keyring import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    MOST_SESSIONS,
    Keyring,
    csrf_of,
    digest,
    new_session,
    new_token,
)
from trunkline.vault.secret import Secret

NOW = 1_000_000 * SECOND


@pytest.fixture
def token():
    return new_token()


@pytest.fixture
def keyring(token):
    return Keyring().rotated(token, "ann", NOW)


def began(keyring, token, now=NOW):
    session = new_session()
    return keyring.began(session, keyring.token(token, now), now), session


# A token is told by its beginning and has 256 random bits; nothing that is kept holds it.
def test_token(token, keyring):
    assert token.reveal().startswith("tl_")
    assert len(token.reveal()) == 3 + 43
    assert token != new_token()
    assert token.reveal() not in msgspec.json.encode(keyring).decode()
    assert digest(token) in msgspec.json.encode(keyring).decode()


# The token that was made is known, and nothing else is.
def test_known(token, keyring):
    assert keyring.token(token, NOW).made_by == "ann"
    for other in (Secret(""), Secret(token.reveal()[:-1]), Secret(digest(token)), new_token()):
        assert keyring.token(other, NOW) is None
    assert Keyring().token(Secret(""), NOW) is None


# A new token ends the one before at once, with its sessions, or after the overlap.
@pytest.mark.parametrize("overlap", [0, 60])
def test_rotation(token, keyring, overlap):
    keyring, session = began(keyring, token)
    second = new_token()
    rotated = keyring.rotated(second, "bob", NOW, overlap)
    assert rotated.token(second, NOW).ends_at == 0
    for at in (NOW, NOW + 59 * SECOND):
        assert bool(rotated.token(token, at)) is bool(rotated.session(session, at)) is bool(overlap)
    assert rotated.token(token, NOW + 60 * SECOND) is None
    assert rotated.session(session, NOW + 60 * SECOND) is None


# A later rotation never lets an old token live longer than an earlier one said.
def test_rotated_twice(token, keyring):
    rotated = keyring.rotated(new_token(), "bob", NOW, 60).rotated(new_token(), "bob", NOW, 3_600)
    assert rotated.token(token, NOW + 60 * SECOND) is None


# A session ends when it is idle for long, when it is old, and when it is ended.
def test_session(token, keyring):
    keyring, session = began(keyring, token)
    assert keyring.session(session, NOW + (IDLE_SECONDS - 1) * SECOND)
    assert keyring.session(session, NOW + IDLE_SECONDS * SECOND) is None
    late = NOW + LONGEST_SECONDS * SECOND
    used = keyring.used({digest(session): late - SECOND})
    assert used.session(session, late - 1)
    assert used.session(session, late) is None
    assert keyring.ended(keyring.session(session, NOW)).session(session, NOW) is None
    assert keyring.session(new_session(), NOW) is None


# What has ended is not kept, and of too many sessions the first end.
def test_bounds(token, keyring):
    keyring, first = began(keyring, token)
    for _ in range(MOST_SESSIONS):
        keyring, last = began(keyring, token)
    assert len(keyring.sessions) == MOST_SESSIONS
    assert (keyring.session(first, NOW), bool(keyring.session(last, NOW))) == (None, True)
    assert keyring.kept(NOW + LONGEST_SECONDS * SECOND).sessions == ()
    for n in range(5):
        keyring = keyring.rotated(new_token(), "ann", NOW + n)
    assert len(keyring.tokens) == 1


# What forms send follows from the cookie alone, and does not tell it.
def test_csrf():
    session = new_session()
    assert csrf_of(session) == csrf_of(Secret(session.reveal()))
    assert csrf_of(session) not in (csrf_of(new_session()), digest(session), session.reveal())
