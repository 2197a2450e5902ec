"""Pages and API are asked for by the door's own names, and changed by its own pages or by programs."""

from __future__ import annotations

import pytest

from trunkline.surfaces.access import Denied
from trunkline.surfaces.origins import Origins


def refused(origins, headers, method="GET"):
    try:
        origins.check(method, headers)
    except Denied as error:
        return error.status
    return 0


def host(name):
    return {b"host": name.encode()}


# A door on a loopback address is asked by loopback names and by those it was given.
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("127.0.0.1:8080", 0),
        ("localhost", 0),
        ("LocalHost.:8080", 0),
        ("[::1]:8080", 0),
        ("trunkline.example.com", 0),
        ("Trunkline.Example.com:443", 0),
        ("evil.example.com", 421),
        ("localhost.evil.example.com", 421),
        ("10.0.0.5", 421),
        ("", 421),
    ],
)
def test_loopback(name, status):
    assert refused(Origins("127.0.0.1", ["trunkline.example.com"]), host(name)) == status


# A door on all addresses is asked by any of them, as no page can make an address its name; not by any name.
def test_everywhere():
    for everywhere in ("0.0.0.0", "::"):
        origins = Origins(everywhere)
        assert [refused(origins, host(one)) for one in ("10.0.0.5:1", "[fd00::5]:1", "localhost")] == [
            0,
            0,
            0,
        ]
        assert refused(origins, host("evil.example.com")) == 421
    assert [refused(Origins("10.0.0.5"), host(one)) for one in ("10.0.0.5", "10.0.0.6")] == [0, 421]


# Nobody asks without a name.
def test_no_host():
    assert refused(Origins("127.0.0.1"), {}) == 421


# What changes something comes from a page of this very door, or from a program, which names no page.
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 0),
        ({b"origin": b"http://localhost:8080"}, 0),
        ({b"origin": b"https://LOCALHOST:8080", b"sec-fetch-site": b"same-origin"}, 0),
        ({b"origin": b"http://localhost:9090"}, 403),
        ({b"origin": b"http://localhost"}, 403),
        ({b"origin": b"http://evil.example.com"}, 403),
        ({b"origin": b"null"}, 403),
        ({b"origin": b""}, 403),
        ({b"origin": b"http://localhost:8080", b"sec-fetch-site": b"cross-site"}, 403),
        ({b"sec-fetch-site": b"same-site"}, 403),
        ({b"sec-fetch-site": b"none"}, 403),
    ],
)
def test_pages(headers, status):
    origins, asked = Origins("127.0.0.1"), host("localhost:8080") | headers
    assert [refused(origins, asked, method) for method in ("POST", "PUT", "DELETE")] == [status] * 3
    assert refused(origins, asked, "GET") == 0
