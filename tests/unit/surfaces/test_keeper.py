"""The doorkeeper knows the administrator by the token and by a session of it, until either ends."""

from __future__ import annotations

import pytest

from trunkline.adapters.keyfile.keyring import KeyringFile
from trunkline.kernel.clock import SECOND
from trunkline.surfaces.identity import ALL
from trunkline.surfaces.keeper import PLAIN_COOKIE, SECURE_COOKIE, Keeper
from trunkline.testkit.clock import ManualClock
from trunkline.vault.keyring import IDLE_SECONDS, LONGEST_SECONDS, Lengths, new_token


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def keyring(tmp_path):
    return KeyringFile(tmp_path / "keyring.json")


@pytest.fixture
def keeper(keyring, clock):
    return Keeper(keyring, clock, tls=False)


@pytest.fixture
def token(keyring, clock):
    made = new_token()
    keyring.change(lambda one: one.rotated(made, "ann", clock.now()))
    return made


def bearer(text):
    return {b"authorization": f"Bearer {text}".encode()}


async def begun(keeper, token, *, secure=False):
    """Begin a session; return the headers a browser then sends."""
    cookie = await keeper.begin(token, secure=secure)
    return {b"cookie": b"other=1; " + cookie.partition(b";")[0]}


# A program is known by the token, and by nothing like it.
def test_bearer(keeper, token):
    principal = keeper.bearer(bearer(token.reveal()))
    assert (principal.name, principal.may) == ("admin", ALL)
    for headers in ({}, bearer(""), bearer("tl_"), bearer(f"{token.reveal()}x"), {b"authorization": b"\xff"}):
        assert keeper.bearer(headers) is None
    assert keeper.bearer({b"authorization": f"Basic {token.reveal()}".encode()}) is None


# A cookie is for this host, not for scripts, and not for other sites' forms; by TLS it is for TLS alone.
async def test_cookies(keeper, token):
    plain, secure = [await keeper.begin(token, secure=one) for one in (False, True)]
    for cookie in (plain, secure):
        assert {b" HttpOnly", b" SameSite=Lax", b" Path=/"} <= {*cookie.split(b";")}
        assert b"Domain" not in cookie
    assert plain.startswith(f"{PLAIN_COOKIE}=".encode())
    assert secure.startswith(f"{SECURE_COOKIE}=".encode())
    assert secure.endswith(b"; Secure")
    assert b"Secure" not in plain


# A session is a principal with a token for forms; two sessions have two of them.
async def test_session(keeper, token):
    one, other = [keeper.session(await begun(keeper, token)) for _ in range(2)]
    assert one.principal == other.principal == keeper.bearer(bearer(token.reveal()))
    assert one.sent(one.csrf)
    assert not one.sent(other.csrf)
    assert await keeper.begin(new_token(), secure=False) is None
    assert [keeper.session(one) for one in ({}, {b"cookie": b"trunkline="}, {b"cookie": b"\xff;;="})] == [
        None
    ] * 3


# A door that has TLS itself takes no cookie that came without.
async def test_plain_cookie_at_tls(keyring, clock, keeper, token):
    strict = Keeper(keyring, clock, tls=True)
    assert strict.session(await begun(keeper, token)) is None
    assert strict.session(await begun(keeper, token, secure=True))


# A session that is used goes on, until it is too old; one that is idle ends.
async def test_ends(keeper, token, clock):
    headers = await begun(keeper, token)
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS - 1)):
        clock.advance(IDLE_SECONDS - 1)
        assert keeper.session(headers)
    clock.advance(LONGEST_SECONDS % (IDLE_SECONDS - 1))
    assert keeper.session(headers) is None
    idle = await begun(keeper, token)
    clock.advance(IDLE_SECONDS)
    assert keeper.session(idle) is None


# Sessions are as long as is said when they begin, for the cookie too, whatever holds for later ones.
async def test_lengths(keyring, keeper, token, clock):
    short = Keeper(keyring, clock, tls=False, lengths=Lengths(60, 100))
    assert b"Max-Age=100;" in await short.begin(token, secure=False)
    idle, used = await begun(short, token), await begun(short, token)
    clock.advance(59)
    assert keeper.session(used)
    clock.advance(40)
    assert (keeper.session(idle), bool(keeper.session(used))) == (None, True)
    clock.advance(1)
    assert keeper.session(used) is None
    usual = await begun(keeper, token)
    clock.advance(IDLE_SECONDS - 1)
    assert short.session(usual)


# A restart keeps sessions with their last use; a new token, wherever it was made, ends them.
async def test_restart_and_rotation(keyring, keeper, token, clock):
    headers = await begun(keeper, token)
    clock.advance(IDLE_SECONDS - 1)
    assert keeper.session(headers)
    keeper.close()
    clock.advance(2)
    again = Keeper(KeyringFile(keyring.path), clock, tls=False)
    assert again.session(headers)
    KeyringFile(keyring.path).change(lambda one: one.rotated(new_token(), "bob", clock.now()))
    assert (again.session(headers), again.bearer(bearer(token.reveal()))) == (None, None)


# Beginning one session does not end another that was used after it was last written down.
async def test_a_second_session(keeper, token, clock):
    first = await begun(keeper, token)
    clock.advance(IDLE_SECONDS - 1)
    assert keeper.session(first)
    clock.advance(IDLE_SECONDS - 1)
    await begun(keeper, token)
    assert keeper.session(first)
    assert clock.now() > IDLE_SECONDS * SECOND


# A session that was ended is ended for whoever kept its cookie.
async def test_end(keeper, token):
    headers = await begun(keeper, token)
    cookies = await keeper.end(headers)
    assert all(b"Max-Age=0" in one for one in cookies)
    assert keeper.session(headers) is None
