"""What a webhook's body holds: one JSON document, an array, lines of JSON, or CloudEvents.

The webhook endpoint calls ``read`` after it has verified the sender. Elements keep the bytes they
arrived with: an array is cut into slices of itself, not decoded and written again.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from trunkline.connectors.source import Arrival
from trunkline.intake import cloudevents
from trunkline.kernel.errors import RefusedError

Media: TypeAlias = Literal["json", "lines", "structured", "batched", "unknown"]
Headers: TypeAlias = Mapping[bytes, bytes]

_LINES = ("application/x-ndjson", "application/jsonl")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP = 16 + zlib.MAX_WBITS
_array = msgspec.json.Decoder(list[msgspec.Raw])

SUPPORTED = (
    "application/json, application/*+json, application/x-ndjson, application/jsonl, "
    "application/cloudevents+json or application/cloudevents-batch+json, in UTF-8"
)


class Body(msgspec.Struct, frozen=True):
    """What a body held; ``several`` says that it is of a kind that may hold more than one record."""

    arrivals: list[Arrival]
    several: bool


def read(headers: Headers, body: bytes, *, most: int, most_bytes: int) -> Body:
    """Cut a body into arrivals.

    Raises ``RefusedError`` 415 for a type or coding we do not read, 413 for more than ``most`` records
    or more than ``most_bytes`` once inflated, and 400 for a body that cannot be cut.
    """
    media = media_of(headers.get(b"content-type", b""))
    if media == "unknown":
        raise RefusedError(415, "Media type not supported", f"send {SUPPORTED}")
    text = _inflated(headers.get(b"content-encoding", b""), body, most_bytes)
    # RFC 8259 section 8.1: a reader may ignore a byte order mark that should not be there
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if not text or text.isspace():
        raise RefusedError(400, "Empty body", "send the record as JSON")
    if media == "structured":
        return Body([cloudevents.structured(text)], several=False)
    if media == "json" and cloudevents.SPEC_VERSION in headers:
        return Body([cloudevents.binary(headers, text)], several=False)
    if media == "json" and not text.lstrip().startswith(b"["):
        return Body([Arrival(text)], several=False)
    parts = _lines(text) if media == "lines" else _elements(text)
    if len(parts) > most:
        detail = f"at most {most} records in one request: send fewer at a time"
        raise RefusedError(413, "Too many records", detail)
    return Body(list(map(_element if media == "batched" else Arrival, parts)), several=True)


@functools.lru_cache(maxsize=64)
def media_of(content_type: bytes) -> Media:
    """Tell what a ``Content-Type`` says the body is."""
    essence, *parameters = (part.strip() for part in content_type.decode("latin-1").lower().split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            return "unknown"
    if essence == cloudevents.STRUCTURED:
        return "structured"
    if essence == cloudevents.BATCHED:
        return "batched"
    if essence in _LINES:
        return "lines"
    return "json" if essence == "application/json" or _has_json_suffix(essence) else "unknown"


def _has_json_suffix(essence: str) -> bool:
    return essence.startswith("application/") and essence.endswith("+json")


def _inflated(coding: bytes, body: bytes, most_bytes: int) -> bytes:
    if not coding or coding == b"identity":
        return body
    if coding.lower() not in (b"gzip", b"x-gzip"):
        raise RefusedError(415, "Content coding not supported", "send the body as it is, or as gzip")
    inflator = zlib.decompressobj(_GZIP)
    try:
        text = inflator.decompress(body, most_bytes + 1)
    except zlib.error:
        raise RefusedError(400, "Not gzip", "Content-Encoding says gzip and the body is not") from None
    if len(text) > most_bytes:
        raise RefusedError(
            413, "Body too large", f"at most {most_bytes} bytes once inflated: send less at a time"
        )
    if not inflator.eof or inflator.unused_data:
        raise RefusedError(400, "Not gzip", "the body is not one whole gzip member")
    return text


def _elements(text: bytes) -> list[bytes]:
    try:
        return [bytes(element) for element in _array.decode(text)]
    except RecursionError:
        raise RefusedError(400, "Malformed JSON", "the body is nested too deeply") from None
    except ValueError as error:
        raise RefusedError(400, "Malformed JSON", f"the body is not a JSON array: {error}") from None


def _lines(text: bytes) -> list[bytes]:
    return [line for line in text.split(b"\n") if line.strip()]


def _element(text: bytes) -> Arrival:
    """Read one event of a batch; one that is malformed does not stop the others."""
    try:
        return cloudevents.structured(text)
    except RefusedError as error:
        return Arrival(text, fault=error.detail)
