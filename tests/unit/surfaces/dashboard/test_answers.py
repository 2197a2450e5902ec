"""What browsers send: cookies and fields, and where they may go on."""

from __future__ import annotations

import pytest

from trunkline.surfaces.dashboard import answers


# A cookie comes back as it was set, whatever is in it.
@pytest.mark.parametrize("text", ["done", '30 events; none = lost, "all" ä', ""])
def test_cookies(text):
    sent = answers.cookie("a", text, secure=False).partition(b";")[0]
    assert answers.cookies({b"cookie": b"b=1; " + sent})["a"] == text


# No script reads our cookies, no other site sends them, and over TLS they go nowhere else.
def test_cookie_attributes():
    plain, safe = answers.cookie("a", "b", secure=False), answers.cookie("a", "b", secure=True)
    assert b"HttpOnly; SameSite=Strict" in plain
    assert b"Secure" not in plain
    assert safe.endswith(b"; Secure")


# Fields are decoded; of too many there are none.
def test_fields():
    assert answers.fields(b"a=1&a=2&b=%C3%A4+x&c=") == {"a": "2", "b": "ä x", "c": ""}
    assert answers.fields(b"&".join(b"a%d=1" % n for n in range(1_000))) == {}
    assert answers.fields(b"a=%00b") == {"a": "b"}


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        ("/control/flows?q=a%20b", "/control/flows?q=a%20b"),
        ("/control/", "/control/"),
        ("", "/control/"),
        ("/controlled", "/control/"),
        ("/control/\r\nset-cookie: a=b", "/control/"),
    ],
)
def test_where_it_goes_on(given, gone):
    assert answers.own(given) == gone
