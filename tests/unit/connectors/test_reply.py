"""What a caller gets of what the target answered: by expression, with exact numbers, never an exception."""

from __future__ import annotations

import pytest

from trunkline.connectors.mapping import MappingRefused
from trunkline.connectors.reply import compile_reply
from trunkline.connectors.target import Response


def response(body=b'{"price": 0.10, "items": [{"sku": "MUG"}]}', content_type="application/json", **changes):
    headers = {"Content-Type": content_type, "X-Shelf": "7"}
    return Response(**{"status": 201, "headers": headers, "body": body, **changes})


# One expression is the whole answer, an object of fields what it says; numbers keep every digit.
@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("body", b'{"price":0.10,"items":[{"sku":"MUG"}]}'),
        ("body.price", b"0.10"),
        ("status", b"201"),
        ("headers.`x-shelf`", b'"7"'),
        ("body.nothing", b"null"),
        ({"price": "body.price", "seen.status": "status"}, b'{"price":0.10,"seen":{"status":201}}'),
        ({"nothing": "body.nothing"}, b"{}"),
        ('{"skus": $count(body.items)}', b'{"skus":1}'),
    ],
)
def test_what_is_told(spec, told):
    reply = compile_reply(spec)(response())
    assert (reply.body, reply.kind) == (told, "")


# A body that is no JSON is its text, and none is null.
@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [(b"fine", "text/plain", b'"fine"'), (b"", "application/json", b"null"), (b"[1]", "a/b+json", b"[1]")],
)
def test_other_bodies(body, content_type, told):
    assert compile_reply("body")(response(body, content_type)).body == told


# What cannot be passed on is told by its kind, without a value of the answer.
@pytest.mark.parametrize(
    ("spec", "given", "kind"),
    [
        ("body", response(b"{oops"), "json"),
        ("body", response(b"\xff", "text/plain"), "json"),
        ("body", response(is_whole=False), "size"),
        ("body.items + 1", response(), "reply"),
        ("$number(body.items.sku)", response(), "reply"),
    ],
)
def test_what_cannot_be_told(spec, given, kind):
    reply = compile_reply(spec)(given)
    assert (reply.kind, reply.body) == (kind, b"")
    assert "MUG" not in reply.detail
    assert "oops" not in reply.detail


# A reply reads nothing but status, headers and body, and says so with the near miss.
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("bdy.price", 'did you mean "body"'),
        ({"a": "price"}, '"price"'),
        ("body.", "expression"),
        ({}, "empty"),
    ],
)
def test_what_is_refused(spec, said):
    with pytest.raises(MappingRefused, match=said):
        compile_reply(spec)
