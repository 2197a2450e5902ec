"""CloudEvents 1.0.2 in binary and structured mode become arrivals."""

from __future__ import annotations

import base64
import json

import pytest

from trunkline.intake.cloudevents import binary, structured
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.errors import RefusedError

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {
    b"ce-specversion": b"1.0",
    b"ce-id": b"42",
    b"ce-source": b"/shops/1",
    b"ce-type": b"com.example.sale",
}
DOCUMENT = {"specversion": "1.0", "id": "42", "source": "/shops/1", "type": "com.example.sale"}


# In binary mode the headers are the attributes and the body is the data, untouched.
def test_binary_mode():
    extra = {
        b"ce-time": b"2026-01-02T03:04:05Z",
        b"ce-traceparent": f"00-{TRACE}-b7ad6b7169203331-01".encode(),
        b"ce-tracestate": b"rojo=1",
        b"ce-other": b"x",
    }
    arrival = binary({**HEADERS, **extra}, b' {"a":1.10} ')
    assert (arrival.raw, arrival.identity, arrival.type) == (
        b' {"a":1.10} ',
        "/shops/1 42",
        "com.example.sale",
    )
    assert (arrival.time, arrival.correlation) == (from_rfc3339("2026-01-02T03:04:05Z"), TRACE)
    assert arrival.parent == "b7ad6b7169203331-01;rojo=1"


# Header values are percent-decoded, and old senders' double quotes are taken off.
def test_binary_values_are_decoded():
    arrival = binary({**HEADERS, b"ce-id": b'"Euro%20%E2%82%AC"'}, b"{}")
    assert arrival.identity == "/shops/1 Euro \u20ac"


# In structured mode data keeps the bytes it had inside the document.
def test_structured_mode():
    text = json.dumps(DOCUMENT)[:-1].encode() + b', "data": {"a": 1.10}, "ext": [1] }'
    arrival = structured(text)
    assert (arrival.raw, arrival.identity) == (b'{"a": 1.10}', "/shops/1 42")


# Data as base64 is decoded.
def test_base64_data():
    text = json.dumps({**DOCUMENT, "data_base64": base64.b64encode(b'{"a":1}').decode()}).encode()
    assert structured(text).raw == b'{"a":1}'


# A document without data has none; the contract says whether that is a record.
def test_no_data():
    assert structured(json.dumps(DOCUMENT).encode()).raw == b""


# The same id of another source is another identity.
def test_identity_has_source_and_id():
    other = structured(json.dumps({**DOCUMENT, "source": "/shops/2"}).encode())
    assert other.identity != structured(json.dumps(DOCUMENT).encode()).identity


# What is not a CloudEvent is refused with 400 and says which attribute is wrong.
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id is empty"),
        ({"source": ""}, "source is empty"),
        ({"type": 5}, "type"),
        ({"specversion": "0.3"}, "specversion"),
        ({"time": "yesterday"}, "RFC 3339"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data_base64": "*"}, "base64"),
        ({"data_base64": "é"}, "base64"),
    ],
)
def test_structured_faults(changes, message):
    with pytest.raises(RefusedError, match=message) as caught:
        structured(json.dumps({**DOCUMENT, **changes}, ensure_ascii=False).encode())
    assert caught.value.status == 400


# Text that is no JSON object is refused, however it is broken.
@pytest.mark.parametrize("text", [b"[]", b"{", b"1", b'{"a":"\xff"}', b"[" * 100_000, b'{"a":' * 100_000])
def test_structured_garbage(text):
    with pytest.raises(RefusedError, match="CloudEvents JSON format"):
        structured(text)


# A missing attribute header is refused with its name.
@pytest.mark.parametrize("name", [b"ce-id", b"ce-source", b"ce-type"])
def test_binary_faults(name):
    with pytest.raises(RefusedError, match=name.decode()[3:]):
        binary({key: value for key, value in HEADERS.items() if key != name}, b"{}")


# Any media type that is JSON is taken, with parameters and in any case of letters.
@pytest.mark.parametrize("media", ["application/json", "Application/Sale+JSON; charset=utf-8", "text/json"])
def test_json_media_types(media):
    assert structured(json.dumps({**DOCUMENT, "datacontenttype": media, "data": 1}).encode()).raw == b"1"
