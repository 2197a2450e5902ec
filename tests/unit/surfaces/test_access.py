"""Who may read and write at the door is told by address, name and secret."""

from __future__ import annotations

import base64

import pytest

from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.access import Access, Denied, is_loopback, readers_of
from trunkline.vault.secret import Secret

LOCAL = {b"host": b"127.0.0.1:8080"}
WRITERS = {"ann": Secret("s3cret"), "bob": Secret("größe:1")}


def basic(user, secret):
    return {b"authorization": b"Basic " + base64.b64encode(f"{user}:{secret}".encode())}


def bearer(secret):
    return {b"authorization": f"Bearer {secret}".encode()}


def refused(act, headers):
    with pytest.raises(Denied) as raised:
        act(headers)
    return raised.value.status


# A door on a loopback address is read by default, any other only where it is told to.
@pytest.mark.parametrize(
    ("setting", "host", "readers"),
    [
        (None, "127.0.0.1", "local"),
        (None, "::1", "local"),
        (None, "localhost", "local"),
        (None, "0.0.0.0", "nobody"),
        (None, "::", "nobody"),
        (None, "10.0.0.5", "nobody"),
        (None, "hooks.example.com", "nobody"),
        (False, "127.0.0.1", "nobody"),
        (True, "127.0.0.1", "everybody"),
        (True, "0.0.0.0", "everybody"),
    ],
)
def test_readers(setting, host, readers):
    assert readers_of(setting, host) == readers


# Loopback is told from names and addresses as they stand, without looking anything up.
def test_loopback():
    assert all(map(is_loopback, ("localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("", "localhost.example.com", "1.2.3.4", "::")))


# A writer is known by name and secret, or by the secret alone, and may read what is closed to others.
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (basic("ann", "s3cret"), "ann"),
        (basic("bob", "größe:1"), "bob"),
        (bearer("s3cret"), "ann"),
        (bearer("größe:1"), "bob"),
        ({b"authorization": b"bearer  s3cret "}, "ann"),
    ],
)
def test_writers(headers, name):
    access = Access("nobody", WRITERS, "listen.registry")
    assert (access.writer(headers), access.reader(headers)) == (name, name)


# Whatever else is sent is nobody's, where reading is open too.
@pytest.mark.parametrize(
    "header",
    [
        basic("ann", "größe:1"),
        basic("ann", ""),
        basic("", "s3cret"),
        basic("", ""),
        bearer(""),
        bearer("s3cre"),
        {b"authorization": b""},
        {b"authorization": b"Basic"},
        {b"authorization": b"Basic !"},
        {b"authorization": b"Basic /w=="},
        {b"authorization": b"Digest s3cret"},
        {b"authorization": b"Bearer \xff"},
    ],
)
def test_nobodys_credentials(header):
    access = Access("everybody", WRITERS, "listen.registry")
    assert refused(access.writer, header) == refused(access.reader, header) == 401


# Without credentials this machine reads where that is open, and nobody writes.
def test_without_credentials():
    access = Access("local", WRITERS, "listen.registry")
    assert access.reader(LOCAL) == ""
    assert refused(access.reader, {b"host": b"evil.example.com"}) == 401
    assert refused(access.reader, LOCAL | {b"x-forwarded-for": b"203.0.113.9"}) == 401
    assert refused(access.writer, LOCAL) == 401


# Where no writer is named a refusal says which setting names one.
def test_nobody_is_named():
    access = Access("nobody", {}, "listen.registry")
    for act in (access.reader, access.writer):
        with pytest.raises(Denied, match=r"listen\.registry\.writers") as raised:
            act(LOCAL)
        assert raised.value.status == 403


# A page does not write with what a browser remembers: a browser says where a request is from.
def test_pages_of_browsers():
    access = Access("local", WRITERS, "listen.registry")
    for mark in ({b"origin": b"null"}, {b"sec-fetch-site": b"same-origin"}):
        assert refused(access.writer, basic("ann", "s3cret") | mark) == 403


# Two writers with one secret, and one whose secret is empty, are refused without the secret being told.
@pytest.mark.parametrize("secrets", [("same", "same"), ("one", "")])
def test_secrets_that_tell_nothing(secrets):
    with pytest.raises(TrunklineError, match=r"listen\.registry\.writers") as raised:
        Access("local", dict(zip(("ann", "bob"), map(Secret, secrets), strict=True)), "listen.registry")
    assert "same" not in str(raised.value)
