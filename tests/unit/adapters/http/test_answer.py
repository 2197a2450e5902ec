"""Judging answers and faults: pure decisions, and a list that no error of the client library escapes."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import client_exceptions, http_exceptions

from trunkline.adapters.http.answer import (
    CLIENT_ERRORS,
    KINDS,
    Answer,
    fault_of,
    hidden_texts,
    judge,
    retry_after,
)
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.errors import Final, Retryable, Stop

NOW = from_rfc3339("2026-01-01T00:00:00Z")


# Retry-After is seconds or a date, never negative, never more than a day; anything else is no wish at all.
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("99999999999999999999", 86_400.0),
        ("Thu, 01 Jan 2026 00:01:30 GMT", 90.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 86_400.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Thu, 99 Jan 2026 00:01:30 GMT", None),
    ],
)
def test_retry_after(value, seconds) -> None:
    assert retry_after(value, NOW) == seconds


# A wait that the target asks for goes with the error.
def test_a_wish_to_wait_is_kept() -> None:
    verdict = judge(Answer(503, retry_after="7"), NOW, [])
    assert isinstance(verdict, Retryable)
    assert (verdict.kind, verdict.retry_after_seconds) == ("http-503", 7.0)


# Every status outside 2xx has a verdict: 408, 425, 429, 401 and 5xx are worth repeating, and so is what is no
# final status at all, which RFC 9110 section 15 has a client treat as a server's error.
def test_every_status_has_a_verdict() -> None:
    statuses = [0, *range(100, 200), *range(300, 600), 999]
    retryable = {status for status in statuses if isinstance(judge(Answer(status), NOW, []), Retryable)}
    assert retryable == {0, *range(100, 200), 401, 408, 425, 429, *range(500, 600), 999}


# An address of all records that is gone is a stop; that of one record is gone for that record.
def test_an_address_that_is_gone_is_a_stop() -> None:
    assert isinstance(judge(Answer(410), NOW, [], one_place=True), Stop)
    assert type(judge(Answer(410), NOW, [])) is Final
    assert type(judge(Answer(404), NOW, [], one_place=True)) is Final


# Every verdict and every fault has a kind that a flow may have a rule for.
def test_every_kind_is_known() -> None:
    assert {judge(Answer(status), NOW, []).kind for status in range(300, 600)} <= KINDS
    assert {"timeout", "connection-refused", "request"} <= KINDS


# Of a redirection the host is shown, never the rest: it may carry a token.
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://user:pw@login.example.com/x?token=1", "login.example.com"),
        ("/login?token=1", "a path on the same host"),
        ("", "nowhere"),
        ("https://t0ken.example.com/", "***.example.com"),
        ("https://jane@Jane-Doe.example.com/", "***-doe.example.com"),
        ("http://[bad", "a place that is no URL"),
    ],
)
def test_redirections_show_the_host_only(location, shown) -> None:
    verdict = judge(Answer(302, location=location), NOW, ["t0ken", "Jane"])
    assert isinstance(verdict, Final)
    assert verdict.detail == f"it redirects to {shown}; put the right url in the connection"


# What the target says about an error is shown when it is text: short, on one line, printable.
def test_the_excerpt_is_short_and_plain() -> None:
    text = b'{"error":\n "no  such \x1b[31m sku"}' + b"x" * 5_000
    detail = judge(Answer(422, content_type="application/problem+json", excerpt=text), NOW, []).detail
    assert detail.startswith('it answered 422: {"error": "no such ?[31m sku"}')
    assert len(detail) < 230
    assert judge(Answer(422, content_type="text/html", excerpt=text), NOW, []).detail == "it answered 422"


# What was sent, addresses and long numbers are masked in it.
def test_the_excerpt_is_masked() -> None:
    record = {"name": "Jane", "list": [{"n": 12345}], "yes": True, "none": None, "short": "a"}
    text = b"Jane (12345) of jane@example.com at +44 171 555 0199 has a problem"
    answer = Answer(400, content_type="text/plain", excerpt=text)
    detail = judge(answer, NOW, hidden_texts(record)).detail
    assert detail == "it answered 400: *** (***) of *** at +*** has a problem"


# A value is masked in whatever way it is written: escaped for JSON or a URL, in other letters' case.
@pytest.mark.parametrize(
    "written", ["Zoë Ng", "zoë ng", "ZOË NG", "Zo\\u00eb Ng", "Zo%C3%AB%20Ng", "Zo%c3%ab+Ng"]
)
def test_a_value_is_masked_however_it_is_written(written) -> None:
    answer = Answer(400, content_type="text/plain", excerpt=f"no {written} here".encode())
    assert judge(answer, NOW, ["Zoë Ng"]).detail == "it answered 400: no *** here"


# A compressed body is no text: nothing of it is shown, nor inflated.
def test_a_compressed_excerpt_is_not_shown() -> None:
    answer = Answer(400, content_type="text/plain", content_encoding="gzip", excerpt=b"\x1f\x8bjane")
    assert judge(answer, NOW, []).detail == "it answered 400"


def _all(module) -> list[type[Exception]]:
    # No target opens a websocket.
    other = client_exceptions.WSMessageTypeError
    values = [value for value in vars(module).values() if isinstance(value, type) and value is not other]
    return [value for value in values if issubclass(value, Exception)]


# Every error class of the client library is caught where requests are made, and has a fault.
@pytest.mark.parametrize(
    "error", [*_all(client_exceptions), *_all(http_exceptions)], ids=lambda cls: cls.__name__
)
def test_no_error_of_the_client_library_escapes(error) -> None:
    assert issubclass(error, CLIENT_ERRORS)
    instance = error.__new__(error)
    instance._os_error = OSError()
    assert fault_of(instance).kind in {"timeout", "tls", "dns", "unreachable", "protocol", "reset"}


# A connection that is refused is told from one that finds no way.
def test_refused_is_told_from_unreachable() -> None:
    for os_error, kind in (
        (ConnectionRefusedError(), "connection-refused"),
        (OSError(113, "x"), "unreachable"),
    ):
        assert fault_of(aiohttp.ClientConnectorError(None, os_error)).kind == kind
