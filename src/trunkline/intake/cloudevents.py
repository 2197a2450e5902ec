"""CloudEvents over HTTP, version 1.0.2, in its three modes.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md and
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md. The webhook body
reader calls this for a request that carries CloudEvents. A CloudEvents id is unique only together
with its source, so both make the identity.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from trunkline.connectors.source import Arrival
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.errors import RefusedError
from trunkline.kernel.tracing import received

SPEC_VERSION = b"ce-specversion"
"""The header that says a request is a CloudEvent in binary mode."""

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


class _Attributes(msgspec.Struct, frozen=True):
    """The context attributes we read; others are allowed and not read."""

    specversion: str
    id: str
    source: str
    type: str
    time: str | None = None
    datacontenttype: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None


class _Document(_Attributes, frozen=True):
    """The JSON format: attributes, with the data as JSON or as base64."""

    data: msgspec.Raw = msgspec.Raw(b"")
    data_base64: str | None = None


_document = msgspec.json.Decoder(_Document)
_ATTRIBUTES = tuple(field.name for field in msgspec.structs.fields(_Attributes))


def binary(headers: Mapping[bytes, bytes], body: bytes) -> Arrival:
    """Read an event whose attributes are ``ce-*`` headers and whose data is the body."""
    given: dict[str, str] = {}
    for name in _ATTRIBUTES:
        value = headers.get(b"ce-" + name.encode())
        if value is not None:
            # section 3.1.3.2: values are percent-encoded, after optional double quotes of old senders
            given[name] = unquote(value.decode("latin-1").strip('"'))
    try:
        attributes = msgspec.convert(given, _Attributes)
    except msgspec.ValidationError as error:
        raise _wrong(f"in the ce- headers: {error}") from None
    return _arrival(attributes, body)


def structured(text: bytes) -> Arrival:
    """Read an event that is one JSON document in the CloudEvents JSON format."""
    try:
        document = _document.decode(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(f"not the CloudEvents JSON format: {_without_values(error)}") from None
    if not _is_json(document.datacontenttype):
        raise _wrong("datacontenttype is not JSON, and records here are JSON")
    if document.data_base64 is None:
        return _arrival(document, bytes(document.data))
    try:
        return _arrival(document, base64.b64decode(document.data_base64, validate=True))
    except (binascii.Error, ValueError):
        raise _wrong("data_base64 is not base64") from None


def _arrival(attributes: _Attributes, data: bytes) -> Arrival:
    if attributes.specversion != "1.0":
        raise _wrong("specversion is not 1.0")
    for name in ("id", "source", "type"):
        if not getattr(attributes, name):
            raise _wrong(f"{name} is empty")
    sent = received(attributes.traceparent or "", attributes.tracestate or "")
    return Arrival(
        raw=data,
        identity=f"{attributes.source} {attributes.id}",
        type=attributes.type,
        time=_time(attributes.time),
        correlation=sent.correlation,
        parent=sent.parent,
    )


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        raise _wrong("time is not a timestamp as of RFC 3339") from None


def _is_json(media_type: str | None) -> bool:
    if media_type is None:
        return True
    essence = media_type.partition(";")[0].strip().lower()
    return essence.endswith(("/json", "+json"))


def _without_values(error: Exception) -> str:
    if isinstance(error, (UnicodeDecodeError, RecursionError)):
        return "not UTF-8" if isinstance(error, UnicodeDecodeError) else "nested too deeply"
    return str(error)


def _wrong(detail: str) -> RefusedError:
    return RefusedError(400, "Not a CloudEvent", detail)
