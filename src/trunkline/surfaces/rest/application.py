"""The ASGI application of ``/api/v1``: finds the route, asks who it is, reads the body, answers.

It does what ``trunkline contract`` does by the same use-cases, with who may as at ``/registry``.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from trunkline.kernel import json
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.release import RELEASE
from trunkline.surfaces.access import Access
from trunkline.surfaces.body import Bodies
from trunkline.surfaces.door import Receive, Scope, Send
from trunkline.surfaces.names import name_in
from trunkline.surfaces.rest.openapi import openapi
from trunkline.surfaces.rest.operations import OPERATIONS
from trunkline.surfaces.rest.problems import Problem, hints, problem, problem_of
from trunkline.surfaces.rest.routes import ROUTES, Asked, Route
from trunkline.surfaces.workers import Workers

DOCUMENT = "/openapi.json"

Headers = list[tuple[bytes, bytes]]


class _Answered(Exception):
    """A request that was answered before a use-case was asked."""

    def __init__(self, told: Problem, headers: Headers | None = None) -> None:
        super().__init__(told.detail)
        self.told, self.headers = told, headers or []


class ContractsApi:
    """The application; ``prefix`` is the path it is mounted under, without a slash at its end."""

    def __init__(self, folder: Path, clock: Clock, who: Access, workers: Workers, prefix: str) -> None:
        self._folder, self._clock, self._who = folder, clock, who
        self._workers, self._prefix, self._bodies = workers, prefix, Bodies()
        self._paths: dict[re.Pattern[str], dict[str, Route]] = {}
        for route in ROUTES:
            pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path))
            self._paths.setdefault(pattern, {})[route.method] = route
        self._document = msgspec.json.encode(openapi(ROUTES, OPERATIONS, prefix, RELEASE))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status, body, headers = 200, await self._answer(scope, receive), [_type(b"json")]
        except _Answered as answered:
            status, body, headers = _failed(answered.told, answered.headers)
        except TrunklineError as error:
            status, body, headers = _failed(problem_of(error), hints(error))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        path, headers = path.removeprefix(self._prefix), dict(scope["headers"])
        if path == DOCUMENT and scope["method"] == "GET":
            self._who.reader(headers)
            return self._document
        route, parts = self._route(scope["method"], path)
        author = self._who.writer(headers) if route.writes else self._who.reader(headers)
        body = _read(route, await self._bodies.read(receive)) if route.body else None
        asked = Asked(self._folder, self._clock, parts, body, author)
        return await self._workers.run(partial(_done, route, asked))

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        allowed: set[str] = {"GET"} if path == DOCUMENT else set()
        for pattern, routes in self._paths.items():
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method in routes:
                try:
                    return routes[method], {name: name_in(part) for name, part in found.groupdict().items()}
                except ValueError as error:
                    raise _Answered(problem(422, str(error))) from None
            allowed |= routes.keys()
        if allowed:
            allow = ", ".join(sorted(allowed)).encode()
            raise _Answered(problem(405, f"{path} is not asked like that"), [(b"allow", allow)])
        raise _Answered(problem(404, f"there is no {path}: see {self._prefix}{DOCUMENT}"))


async def _done(route: Route, asked: Asked) -> bytes:
    """Ask the use-case; answers of a size are encoded off the event loop as well."""
    return json.encode(await route.handle(asked))


def _read(route: Route, body: bytes) -> Any:
    try:
        return msgspec.json.decode(body, type=route.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        status = 422 if isinstance(error, msgspec.ValidationError) else 400
        raise _Answered(problem(status, str(error))) from None


def _failed(told: Problem, headers: Headers) -> tuple[int, bytes, Headers]:
    return told.status, json.encode(told), [_type(b"problem+json"), *headers]


def _type(subtype: bytes) -> tuple[bytes, bytes]:
    return (b"content-type", b"application/" + subtype)
