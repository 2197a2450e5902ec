"""Judges what came of a request: the status of an answer, or the fault of a connection.

Pure decisions, called by the target; the list of faults is what keeps the client library's errors inside
this folder. Which statuses are worth repeating follows RFC 9110 and RFC 6585.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import aiohttp
import msgspec
from aiohttp.http_exceptions import HttpProcessingError

from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import DeliveryError, Final, Retryable, Stop

EXCERPT_BYTES = 2_048
"""The most of an error's body that is read."""

_SHOWN = 200
_LONGEST_WAIT_SECONDS = 86_400.0
_SHORTEST_MASKED = 3
_RETRYABLE = frozenset({408, 425, 429})
_PERSONAL = re.compile(r"[^\s\"'<>:,;@]{1,64}@[^\s\"'<>:,;@]{1,255}|\d[\d \-]{5,}\d")


class Fault(msgspec.Struct, frozen=True):
    """What an error of the client library means. ``away``: no item is to blame, the place is not there."""

    error: type[Exception]
    kind: str
    detail: str
    away: bool = False


_FAULTS = (
    Fault(aiohttp.ConnectionTimeoutError, "timeout", "connecting took too long; is it reachable?", away=True),
    Fault(TimeoutError, "timeout", "no whole answer came in time; raise timeout_seconds if it is only slow"),
    Fault(aiohttp.ClientSSLError, "tls", "no TLS; check its certificate, verify_tls and ca_file", away=True),
    Fault(aiohttp.ClientConnectorDNSError, "dns", "its host name has no address; check the url", away=True),
    Fault(aiohttp.ClientConnectorError, "unreachable", "no connection can be made; check the url", away=True),
    Fault(aiohttp.ClientResponseError, "protocol", "its answer is not HTTP/1.1; is the port right?"),
    Fault(aiohttp.ClientPayloadError, "protocol", "its answer broke off or is not HTTP/1.1"),
    Fault(aiohttp.ClientConnectionError, "reset", "it closed the connection before an answer"),
    Fault(OSError, "reset", "the connection broke before an answer"),
    Fault(Exception, "protocol", "the exchange failed"),
)
_REFUSED = Fault(
    aiohttp.ClientConnectorError, "connection-refused", "nobody listens there; is it up?", away=True
)
CLIENT_ERRORS: tuple[type[Exception], ...] = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What the client library raises for what happens on the wire (``TimeoutError`` is an ``OSError``)."""

KINDS = frozenset({"request", *(fault.kind for fault in (*_FAULTS, _REFUSED))}) | {
    f"http-{status}" for status in range(300, 600)
}
"""Every kind of error that a request may end with, for which an event may be to blame."""


def fault_of(error: Exception) -> Fault:
    """Return what an error of the client library means: the first fault in the list that it is a case of."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return _REFUSED
    return next(fault for fault in _FAULTS if isinstance(error, fault.error))


class Answer(msgspec.Struct, frozen=True):
    """What is kept of an answer that is not a success; ``excerpt`` is at most ``EXCERPT_BYTES``."""

    status: int
    retry_after: str = ""
    location: str = ""
    content_type: str = ""
    content_encoding: str = ""
    excerpt: bytes = b""


def judge(answer: Answer, now: int, hidden: Iterable[str], *, one_place: bool = False) -> DeliveryError:
    """Turn an answer that is not 2xx into an error; ``hidden`` texts never show in it.

    ``one_place`` says that every record goes to the same path: what is said of it holds for all of them.
    """
    kind = f"http-{answer.status}"
    if 300 <= answer.status < 400:  # noqa: PLR2004  the class of redirections
        host = _masked(_host(answer.location), hidden)
        return Final(kind, f"it redirects to {host}; put the right url in the connection")
    shown = _shown(answer, hidden)
    if answer.status == 401:  # noqa: PLR2004  unauthorized
        return Retryable(kind, f"it does not take our credential; renew the secret{shown}")
    if answer.status in _RETRYABLE or not 400 <= answer.status < 500:  # noqa: PLR2004  not our error
        return Retryable(kind, f"it answered {answer.status}{shown}", retry_after(answer.retry_after, now))
    if answer.status == 410 and one_place:  # noqa: PLR2004  gone
        return Stop(kind, f"it wants no more of this; its address is gone for good{shown}")
    return Final(kind, f"it answered {answer.status}{shown}")


def retry_after(value: str, now: int) -> float | None:
    """Read ``Retry-After`` (RFC 9110 section 10.2.3) as seconds from ``now``, from 0 to a day."""
    if value.isascii() and value.isdigit():
        return min(float(value[:10]), _LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(moment - now / SECOND, 0.0), _LONGEST_WAIT_SECONDS)


def hidden_texts(value: Any) -> Iterable[str]:
    """Yield every text and number in a record that might show up again in an error page."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from hidden_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from hidden_texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _shown(answer: Answer, hidden: Iterable[str]) -> str:
    told = answer.content_type.lower()
    if answer.content_encoding or ("json" not in told and "text/plain" not in told):
        return ""
    text = _masked(answer.excerpt.decode("utf-8", "replace"), hidden)
    text = " ".join(_PERSONAL.sub("***", text).split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if not text:
        return ""
    return f": {text[:_SHOWN]}…" if len(text) > _SHOWN else f": {text}"


def _masked(text: str, hidden: Iterable[str]) -> str:
    """Take ``hidden`` texts out, in whatever case and however JSON or a URL writes them."""
    folded = text.casefold()
    found = {
        written
        for value in hidden
        if len(value) >= _SHORTEST_MASKED
        for written in (
            value,
            json.dumps(value)[1:-1],
            quote(value, "", errors="replace"),
            quote_plus(value, errors="replace"),
        )
        if written.casefold() in folded
    }
    for written in sorted(found, key=len, reverse=True):
        text = re.sub(re.escape(written), "***", text, flags=re.IGNORECASE)
    return text


def _host(location: str) -> str:
    if not location:
        return "nowhere"
    try:
        return urlsplit(location).hostname or "a path on the same host"
    except ValueError:
        return "a place that is no URL"
