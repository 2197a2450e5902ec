"""Request templates: a value can fill its place, and never change which resource is addressed."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from trunkline.adapters.http.request import compile_body, compile_request
from trunkline.kernel.errors import Final


def path(template, **record) -> str:
    return compile_request(template).path(record)


# Holes are paths into the record; text around them stays as it is.
def test_holes_are_filled() -> None:
    request = compile_request(
        "PUT /api/stock/{item.code}/v{version}.json?site={site}&q={a & '-' & b}&fixed=1"
    )
    record = {"item": {"code": "A 1"}, "version": 3, "site": "NO/1", "a": "x", "b": Decimal("1.50")}
    assert request.method == "PUT"
    assert request.path(record) == "/api/stock/A%201/v3.json"
    assert request.query(record) == "site=NO%2F1&q=x-1.5&fixed=1"
    assert request.reads == {"item.code", "version", "site", "a", "b"}


# A value is one segment: what would end it, or mean something, is encoded.
@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%", "100%25"),
        ("naïve ☃", "na%C3%AFve%20%E2%98%83"),
        ("a\r\nHost: x", "a%0D%0AHost%3A%20x"),
        ("..a", "..a"),
        ("a;b", "a%3Bb"),
        (12345678901234567890, "12345678901234567890"),
        (Decimal("0.10"), "0.1"),
        (True, "true"),
    ],
)
def test_values_are_encoded(value, encoded) -> None:
    assert path("GET /x/{v}", v=value) == f"/x/{encoded}"


# What cannot be a segment is the item's fault, said without its value.
@pytest.mark.parametrize("value", ["", ".", "..", None, {"a": 1}, ["a"], "\ud800"])
def test_values_that_are_no_segment(value) -> None:
    with pytest.raises(Final) as refused:
        path("GET /x/{v}/y", v=value)
    assert refused.value.kind == "request"
    assert refused.value.detail.startswith(("v ", "the value of v "))


# Two holes cannot make a segment of dots together, and a missing field is no empty segment.
def test_segments_of_dots_and_missing_fields() -> None:
    with pytest.raises(Final):
        path("GET /x/{a}{b}", a=".", b=".")
    with pytest.raises(Final, match="missing or empty"):
        path("GET /x/{a}")
    with pytest.raises(Final, match='a - 1: "-" needs numbers'):
        path("GET /x/{a - 1}", a="text")


# A parameter whose field is missing or null is left out; an empty text is a value.
def test_parameters_may_be_missing() -> None:
    request = compile_request("GET /x?a={a}&b=p-{b}&c={c}")
    assert request.query({"a": None, "c": ""}) == "c="
    assert request.query({"a": 1, "b": 2}) == "a=1&b=p-2"


ANY = compile_request("GET /x/{v}/y")


# Whatever the text, it comes back whole from its own segment, and the path has no more segments than before.
@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_any_text_survives_in_its_segment(value) -> None:
    try:
        encoded = ANY.path({"v": value})
    except Final:
        assert any("\ud800" <= letter <= "\udfff" for letter in value)
        return
    sent = URL("http://host").with_path(encoded, encoded=True).raw_path
    assert [unquote(segment) for segment in urlsplit(sent).path.split("/")] == ["", "x", value, "y"]


# A template that cannot be right is refused where it is read.
@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("/x", "needs a method"),
        ("FETCH /x", "needs a method"),
        ("PUT x", "needs a method"),
        ("PUT https://elsewhere.example/x", "needs a method"),
        ("PUT /x/{", "lone brace"),
        ("PUT /x/{}", "request: {}"),
        ("PUT /x/{a +}", "request: {a +}"),
        ("PUT /x/{$uppercase(a)}", "is no plain path"),
        ("PUT /x/../y", "segment of dots"),
        ("PUT /x#top", "percent-encoded"),
        ("PUT /x/{a}?{b}", "name={field}"),
        ("PUT /x y/{a}", "percent-encoded"),
    ],
)
def test_wrong_templates(template, reason) -> None:
    with pytest.raises(ValueError, match=r"request|path|parameter") as refused:
        compile_request(template)
    assert reason in str(refused.value)


# The body is the record with every digit, nothing, or an object of fields.
def test_bodies() -> None:
    record = {"a": Decimal("0.10"), "b": [1]}
    assert compile_body("record")(record) == b'{"a":0.10,"b":[1]}'
    assert compile_body("none")(record) is None
    assert compile_body({"stock.level": "a", "n": "$count(b)"})(record) == b'{"stock":{"level":0.10},"n":1}'
    with pytest.raises(ValueError, match="body: x:4"):
        compile_body({"x": "a +"})
    with pytest.raises(ValueError, match=r"body: x: \$now is known in the flow's map only"):
        compile_body({"x": "$now()"})


# A body that does not fit its record is the item's fault.
def test_a_body_that_does_not_fit() -> None:
    with pytest.raises(Final, match="needs numbers"):
        compile_body({"x": "a + 1"})({"a": "text"})
