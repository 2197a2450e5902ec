"""How a refusal is answered over HTTP: RFC 9457 problem details, one shape for every status.

Webhook endpoints, the door and the API answer with these. The slug of a problem is an anchor in
``docs/reference/webhooks.md``, so that the ``type`` of an answer leads to what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.connectors.source import Receipt

DOCS = "https://github.com/trunkline/trunkline/blob/main/docs/reference/webhooks.md"
"""Where every problem type is explained."""

SLUGS = {
    400: "malformed",
    401: "signature",
    404: "unknown-path",
    405: "method",
    408: "slow",
    410: "gone",
    413: "size",
    415: "media-type",
    422: "contract",
    429: "rate",
    502: "unanswered",
    503: "busy",
    504: "late",
    507: "full",
}
"""Which section of the reference explains which status."""

Headers = list[tuple[bytes, bytes]]

JSON_TYPE = (b"content-type", b"application/json")
_PROBLEM_TYPE = (b"content-type", b"application/problem+json")


class WebhookAnswer(msgspec.Struct, frozen=True, gc=False):
    """What goes back: a status, headers as ASGI wants them (lower case), and the whole body."""

    status: int
    headers: Headers
    body: bytes


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault in what was sent or is in a file of the project.

    ``pointer`` is where it is in a document, a JSON pointer as a URI fragment (RFC 6901 section 6), ``file``,
    ``line`` and ``column`` where it is in a text (0: all of it), with what was expected and the near miss.
    """

    pointer: str = ""
    detail: str = ""
    rule: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    expected: str = ""
    hint: str = ""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The members of RFC 9457, with the faults and, where events were judged, their receipts.

    A ``type`` that is left out (``about:blank``) says no more than the status; ``instance`` finds it in logs.
    ``version``, ``sunset`` (RFC 3339) and ``successor`` are of a contract version that is over.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: Sequence[Error] = ()
    receipts: Sequence[Receipt] = ()
    version: str = ""
    sunset: str = ""
    successor: str = ""


def answer_json(status: int, body: bytes, headers: Headers | None = None) -> WebhookAnswer:
    """Answer with a JSON body."""
    return WebhookAnswer(status, [JSON_TYPE, (b"content-length", b"%d" % len(body)), *(headers or ())], body)


def answer_problem(problem: Problem, headers: Headers | None = None) -> WebhookAnswer:
    """Answer with a problem document."""
    body = msgspec.json.encode(problem)
    return WebhookAnswer(
        problem.status, [_PROBLEM_TYPE, (b"content-length", b"%d" % len(body)), *(headers or ())], body
    )


def problem(status: int, title: str, detail: str, correlation: str = "") -> Problem:
    """Describe a problem; ``correlation`` finds this occurrence in our logs."""
    return Problem(
        type=f"{DOCS}#{SLUGS[status]}",
        title=title,
        status=status,
        detail=detail,
        instance=f"urn:trunkline:trace:{correlation}",
    )
