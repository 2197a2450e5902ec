"""The ASGI application of what is asked of a running project below ``/api/v1``, and done to it.

Nobody is answered who is not known: programs send the token, pages the cookie of their session and, with what
changes something, its token for forms in ``X-CSRF-Token``. Who is shown personal data as it is stands in the
audit before. What no operation is left to the application behind it, which has contracts.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from trunkline.app.act import Act
from trunkline.app.acts import RevealData, do
from trunkline.app.asking import answer
from trunkline.app.backbone import Backbone
from trunkline.app.questions import Question, following, limited, pages, reveals, subject_of
from trunkline.kernel import json
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.release import RELEASE
from trunkline.surfaces.access import Denied
from trunkline.surfaces.body import Bodies
from trunkline.surfaces.dashboard.exports import csv_rows
from trunkline.surfaces.door import Application, Receive, Scope, Send, send_answer
from trunkline.surfaces.identity import Doorkeeper, Permission, Principal
from trunkline.surfaces.names import name_in
from trunkline.surfaces.origins import SAFE
from trunkline.surfaces.rest import wire
from trunkline.surfaces.rest.cursor import at_cursor, cursor_of
from trunkline.surfaces.rest.formats import FORMATS
from trunkline.surfaces.rest.operations import OPERATIONS, Operation
from trunkline.surfaces.rest.problems import answer_of

FIELDS = 1_000
"""The most parameters of a query."""
EXPORTED = 1_000_000
"""The most rows of an export."""

CSRF_HEADER = b"x-csrf-token"

Headers = Mapping[bytes, bytes]


class ProjectApi:
    """The application; ``prefix`` is the path it is mounted under, ``others`` answers what it does not."""

    def __init__(self, backbone: Backbone, keeper: Doorkeeper, others: Application, prefix: str) -> None:
        self._backbone, self._keeper, self._others, self._prefix = backbone, keeper, others, prefix
        self._bodies = Bodies()
        self._paths: dict[re.Pattern[str], dict[str, Operation]] = {}
        for one in OPERATIONS:
            pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", one.path))
            self._paths.setdefault(pattern, {})[one.method] = one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        found = self._found(scope["method"], path.removeprefix(self._prefix))
        if found is None:
            await self._others(scope, receive, send)
            return
        operation, parts = found
        headers = dict(scope["headers"])
        try:
            who = self._admitted(operation.may, scope["method"], headers)
            query = _fields(scope.get("query_string", b""))
            body = await self._bodies.read(receive) if operation.method == "POST" else b""
            await self._done(operation, Sent(parts, query, body, headers, who), send)
        except TrunklineError as error:
            await send_answer(answer_of(error, reads=operation.method == "GET"), send)

    def _found(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        for pattern, operations in self._paths.items():
            match = pattern.fullmatch(path)
            if match and method in operations:
                return operations[method], match.groupdict()
        return None

    def _admitted(self, may: Permission, method: str, headers: Headers) -> Principal:
        """Return who asks; raises ``Denied`` for who is not known or may not."""
        principal = self._keeper.bearer(headers)
        if principal is None and b"authorization" not in headers:
            principal = self._of_session(method, headers)
        if principal is None:
            raise Denied(401, "say who you are: Authorization: Bearer and the administrator's token")
        return permitted(principal, may)

    def _of_session(self, method: str, headers: Headers) -> Principal | None:
        session = self._keeper.session(headers)
        if session is None or headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return None
        given = headers.get(CSRF_HEADER, b"").decode("latin-1")
        if method not in SAFE and not session.sent(given):
            raise Denied(403, "X-CSRF-Token is not that of the session")
        return session.principal

    async def _done(self, operation: Operation, sent: Sent, send: Send) -> None:
        asked, cursor, kind = read_request(operation, sent)
        if isinstance(asked, Act):
            result = await do(self._backbone, asked)
            await _send_json(operation, result, "", send)
            return
        if cursor:
            asked = at_cursor(asked, cursor)
        if reveals(asked):
            await self._reveal(asked, sent)
        if kind != "json":
            await self._export(asked, kind, send)
            return
        items = await answer(self._backbone, asked)
        then = following(asked, items) if operation.pages else None
        await _send_json(operation, items, cursor_of(then) if then else "", send)

    async def _reveal(self, asked: Question, sent: Sent) -> None:
        permitted(sent.who, "reveal")
        why = sent.query.get("why", [""])[-1]
        if not why:
            raise UsageError("say why personal data is to be shown, in why: it stands in the audit")
        await do(self._backbone, RevealData(subject_of(asked), sent.who.name, why))

    async def _export(self, asked: Question, kind: str, send: Send) -> None:
        """Send a list to its end, page after page, so that a long one is never held as a whole."""
        several = self._several(asked)
        first = await anext(several)  # what is wrong is told before the answer begins
        headers = [(b"content-type", FORMATS[kind].encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send_piece(first, kind, send, head=True)
        async for items in several:
            await _send_piece(items, kind, send, head=False)
        await send({"type": "http.response.body", "body": b""})

    async def _several(self, asked: Question) -> AsyncIterator[list[Any]]:
        ask = partial(answer, self._backbone)
        if not asked.places:
            yield await ask(asked)
            return
        async for items in pages(ask, limited(asked, EXPORTED)):
            yield items


class Sent(msgspec.Struct, frozen=True):
    """What of a request is read: the parts of its path, its query, its body, and who sent it."""

    parts: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    headers: Headers
    who: Principal


def permitted(principal: Principal, may: Permission) -> Principal:
    """Return a principal who may; raises ``Denied``."""
    if may not in principal.may:
        raise Denied(403, f"{principal.name} may not {may} here")
    return principal


def read_request(operation: Operation, sent: Sent) -> tuple[Any, str, str]:
    """Return the question or act that was sent, its cursor, and the format that is wanted.

    Raises ``UsageError`` with the member that is wrong.
    """
    query = dict(sent.query)
    cursor = query.pop("cursor", [""])[-1] if operation.pages else ""
    kind = _format(query.pop("format", [""])[-1], sent.headers) if operation.lists else "json"
    if "reveal" in query:
        query.pop("why", None)
    try:
        types = {one.name: one.type for one in msgspec.structs.fields(operation.kind)}
        given = {
            name: msgspec.convert(name_in(text), types[name], strict=False)
            for name, text in sent.parts.items()
        }
        if "offset" in given and not 0 <= given["offset"] <= wire.LARGEST:
            raise UsageError("offset: a number from 0 on")
        if issubclass(operation.sent, Act):
            given["by"] = sent.who.name
        wired: Any = _wired(operation, query, sent.body)
        value = wire.read(operation.sent, wired, given)
        if (
            wire.is_bulk(operation.kind)
            and wire.is_for_all(value)
            and not (wired.all or value.count is not None)
        ):
            raise UsageError(
                'where: it is empty, which is all there are: narrow it, or send their "count", or "all": true'
            )
    except (ValueError, RecursionError) as error:
        raise UsageError(str(error)) from None
    if operation.inner:
        return operation.kind(**{operation.inner: value}), cursor, kind
    return value, cursor, kind


def _wired(operation: Operation, query: Mapping[str, list[str]], body: bytes) -> msgspec.Struct:
    if operation.method == "POST":
        if query:
            raise UsageError(f"{next(iter(query))}: this is sent in the body")
        return msgspec.json.decode(body or b"{}", type=operation.twin)
    types = {one.name: one.type for one in msgspec.structs.fields(operation.sent)}
    given = {name: _value(types.get(name), texts) for name, texts in query.items()}
    return msgspec.convert(given, operation.twin, strict=False)


def _value(kind: Any, texts: list[str]) -> Any:
    """Return what the values of one name in a query are, by the type of its field."""
    origin = str(getattr(kind, "__origin__", ""))
    if "tuple" in origin:
        return texts
    if "Mapping" in origin or "dict" in origin:
        return dict(one.partition("=")[::2] for one in texts)
    return texts[-1]


def _fields(query: bytes) -> dict[str, list[str]]:
    """Return the values of each name in a query; raises ``UsageError``."""
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS
        ):
            found.setdefault(name, []).append(value)
    except ValueError:
        raise UsageError("the query is not UTF-8, percent-encoded, or too long") from None
    return found


def _format(asked: str, headers: Headers) -> str:
    if asked:
        if asked not in FORMATS:
            raise UsageError(f"format: one of {', '.join(FORMATS)}")
        return asked
    accepted = headers.get(b"accept", b"").decode("latin-1")
    return next((one for one in ("csv", "jsonl") if FORMATS[one].partition(";")[0] in accepted), "json")


async def _send_json(operation: Operation, result: Any, then: str, send: Send) -> None:
    told: Any = {} if result is None else result
    if operation.lists:
        told = {"items": result, "next": then} if then else {"items": result}
    body = json.encode(told)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"trunkline-version", RELEASE.encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_piece(items: Sequence[Any], kind: str, send: Send, *, head: bool) -> None:
    rows = [one if isinstance(one, msgspec.Struct) else Line(str(one)) for one in items]
    text = csv_rows(rows, head=head) if kind == "csv" else b"".join(json.encode(one) + b"\n" for one in rows)
    await send({"type": "http.response.body", "body": text, "more_body": True})


class Line(msgspec.Struct, frozen=True):
    """A text as a row of an export."""

    text: str
