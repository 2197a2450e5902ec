"""A body is cut into the records it holds, each with the bytes it arrived with."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.intake.bodies import media_of, read
from trunkline.kernel.errors import RefusedError

JSON = {b"content-type": b"application/json"}
LINES = {b"content-type": b"application/x-ndjson"}


def cut(headers, body, *, most=1000, most_bytes=10_000):
    return read(headers, body, most=most, most_bytes=most_bytes).arrivals


def status(headers, body, **limits) -> int:
    with pytest.raises(RefusedError) as caught:
        cut(headers, body, **limits)
    return caught.value.status


# One document is one arrival, byte for byte; only a byte order mark goes.
@pytest.mark.parametrize("body", [b' {"a":1.10}\n', b"1", b'"x"', b"{"])
def test_one_document(body):
    assert [one.raw for one in cut(JSON, body)] == [body]
    assert [one.raw for one in cut(JSON, b"\xef\xbb\xbf" + body)] == [body]


# An array is cut into slices of itself; one of a single record still is a body for several.
def test_array():
    body = read(JSON, b' [ {"a": 1.10} ,[2],"x" ] ', most=3, most_bytes=100)
    assert [one.raw for one in body.arrivals] == [b'{"a": 1.10}', b"[2]", b'"x"']
    assert [read(JSON, text, most=3, most_bytes=100).several for text in (b"[1]", b"1")] == [True, False]
    assert cut(JSON, b"[]") == []


# Each line that holds something is an arrival, whatever ends it; a bad line is one bad arrival.
def test_lines():
    found = cut(LINES, b'{"a":1}\r\n\n{broken\n{"a":2}')
    assert [one.raw.strip() for one in found] == [b'{"a":1}', b"{broken", b'{"a":2}']


# A batch of CloudEvents gives each its own identity; a malformed one does not stop the others.
def test_cloudevents_batch():
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"a": 1}}
    body = json.dumps([event, {**event, "id": ""}, {**event, "id": "3"}]).encode()
    found = cut({b"content-type": b"application/cloudevents-batch+json"}, body)
    assert [one.identity for one in found] == ["s 1", "", "s 3"]
    assert [bool(one.fault) for one in found] == [False, True, False]


# The ce-specversion header makes a JSON body the data of one CloudEvent.
def test_cloudevents_binary():
    ce = {b"ce-specversion": b"1.0", b"ce-id": b"1", b"ce-source": b"s", b"ce-type": b"t"}
    [one] = cut({**JSON, **ce}, b'{"a":1}')
    assert (one.raw, one.identity) == (b'{"a":1}', "s 1")


# Media types are read without regard to case and parameters; another charset is not JSON.
@pytest.mark.parametrize(
    ("given_type", "media"),
    [
        (b"application/json", "json"),
        (b"Application/JSON; charset=UTF-8", "json"),
        (b'application/json;charset="utf-8"', "json"),
        (b"application/vnd.shop+json", "json"),
        (b"application/jsonl", "lines"),
        (b"application/x-ndjson", "lines"),
        (b"application/cloudevents+json; charset=utf-8", "structured"),
        (b"application/cloudevents-batch+json", "batched"),
        (b"application/json; charset=latin-1", "unknown"),
        (b"text/plain", "unknown"),
        (b"image/svg+json", "unknown"),
        (b"", "unknown"),
        (b"\xff", "unknown"),
    ],
)
def test_media_types(given_type, media):
    assert media_of(given_type) == media


# gzip is inflated within the limit on bytes, and refused beyond it or where it is broken.
def test_gzip():
    zipped = {**JSON, b"content-encoding": b"gzip"}
    assert [one.raw for one in cut(zipped, gzip.compress(b'{"a":1}'))] == [b'{"a":1}']
    assert status(zipped, gzip.compress(b" " * 50_000_000)) == 413
    assert status(zipped, b"not gzip") == 400
    assert status(zipped, gzip.compress(b'{"a":1}')[:-5]) == 400
    assert status(zipped, gzip.compress(b"{}") * 2) == 400
    assert status({**JSON, b"content-encoding": b"br"}, b"{}") == 415
    assert cut({**JSON, b"content-encoding": b"identity"}, b"{}")[0].raw == b"{}"


# Too many records are refused as a whole; an unknown type and an empty body are told apart.
def test_refusals():
    assert status(JSON, b"[1,2,3]", most=2) == 413
    assert status(LINES, b"1\n2\n3\n", most=2) == 413
    assert status({b"content-type": b"text/csv"}, b"a;b") == 415
    assert status({}, b"{}") == 415
    assert status(JSON, b"") == 400
    assert status(LINES, b" \n") == 400
    assert status(JSON, b"[1,") == 400
    assert status(JSON, b"[" * 100_000) == 400


# Bytes that are not UTF-8 spoil the record they stand in and no other.
def test_bad_bytes_in_one_element():
    assert [one.raw for one in cut(JSON, b'["\xff", 1]')] == [b'"\xff"', b"1"]


# Elements put together again are the array that came.
@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5), max_size=20))
def test_elements_keep_their_value(values):
    found = cut(JSON, json.dumps(values).encode(), most_bytes=10**6)
    assert [json.loads(one.raw) for one in found] == values
