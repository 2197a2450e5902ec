"""What a supervisor, a balancer and a monitor ask the door: ``/health``, ``/ready`` and ``/metrics``.

Whether a process lives and is ready is told to whoever asks; which parts are not, why, and the metrics only
to those who may read (``listen.metrics``), as they name systems. docs/reference/health.md has every answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, cast, get_args
from urllib.parse import parse_qs

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.app.metrics import measured, noted
from trunkline.app.readiness import Readiness, Writer, readiness
from trunkline.app.remembered import Remembered
from trunkline.app.tokens import keyring_of
from trunkline.intake.problem import Headers, WebhookAnswer, answer_json, answer_problem, problem
from trunkline.kernel.errors import StoreError
from trunkline.kernel.roles import Role
from trunkline.observe.metrics import Sample
from trunkline.surfaces.access import Readers, admits, readers_of
from trunkline.surfaces.door import Application, Receive, Scope, Send, nothing_here, send_answer
from trunkline.surfaces.identity import Doorkeeper
from trunkline.surfaces.keeper import Keeper
from trunkline.surfaces.place import Place

if TYPE_CHECKING:
    from trunkline.adapters.prometheus.exposition import Process

HEALTH, READY, METRICS = "/health", "/ready", "/metrics"

READY_SECONDS = 1.0
"""How long an answer about readiness serves all who ask."""

METRICS_SECONDS = 5.0
"""How long what was read for the metrics serves all who scrape."""

_AGAIN: Headers = [(b"retry-after", b"5")]
_FRESH: Headers = [(b"cache-control", b"no-store")]


def probes(backbone: Backbone, place: Place) -> Mapping[str, Application]:
    """Return the applications of a door at a place, by path."""
    keeper = Keeper(keyring_of(backbone.project), backbone.machine.clock, tls=place.tls is not None)
    application = Probes(backbone, readers_of(backbone.project.settings.listen.metrics, place.host), keeper)
    return dict.fromkeys((HEALTH, READY, METRICS), application)


class Probes:
    """The ASGI application behind all of them. Who has the administrator's token may read as well."""

    def __init__(self, backbone: Backbone, readers: Readers, doorkeeper: Doorkeeper) -> None:
        clock = backbone.machine.clock
        self._backbone, self._ids = backbone, backbone.machine.ids
        self._readers, self._doorkeeper = readers, doorkeeper
        self._writer = Writer(backbone)
        self._readiness = Remembered(lambda: readiness(backbone), clock, READY_SECONDS)
        self._measured = Remembered(lambda: measured(backbone), clock, METRICS_SECONDS)
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send_answer(await self._answer(scope), send)

    async def _answer(self, scope: Scope) -> WebhookAnswer:
        path, headers = scope["path"], dict(scope["headers"])
        ways = {HEALTH: self._health, READY: self._ready, METRICS: self._metrics}
        if path not in ways:
            return nothing_here(self._ids)
        if scope["method"] not in ("GET", "HEAD"):
            return self._refusal(405, "Method not allowed", "ask with GET", [(b"allow", b"GET, HEAD")])
        return await ways[path](scope, headers)

    async def _health(self, _scope: Scope, _headers: Mapping[bytes, bytes]) -> WebhookAnswer:
        pulse = await self._writer.pulse()
        status = HTTPStatus.OK if pulse.alive else HTTPStatus.SERVICE_UNAVAILABLE
        return answer_json(status, msgspec.json.encode(pulse), _FRESH)

    async def _ready(self, scope: Scope, headers: Mapping[bytes, bytes]) -> WebhookAnswer:
        roles = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("role", [])
        if len(roles) > 1 or not set(roles) <= set(get_args(Role)):
            known = " or ".join(get_args(Role))
            return self._refusal(400, "Unknown role", f"role is {known}, or left out")
        found = await self._readiness()
        if roles:
            found = found.of(cast("Role", roles[0]))
        if not self._may_read(headers):
            found = Readiness(found.ready, found.at, ())
        status = HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return answer_json(status, msgspec.json.encode(found), _FRESH if found.ready else _FRESH + _AGAIN)

    async def _metrics(self, _scope: Scope, headers: Mapping[bytes, bytes]) -> WebhookAnswer:
        if not self._may_read(headers):
            return nothing_here(self._ids)
        try:
            found = await self._measured()
        except StoreError as error:
            return self._refusal(503, "Store away", str(error), _AGAIN)
        samples = [*noted(self._backbone), *found]
        accept = headers.get(b"accept", b"").decode("latin-1")
        async with self._one_at_a_time:
            body, kind = await asyncio.to_thread(self._exposed, samples, accept)
        length = (b"content-length", str(len(body)).encode())
        return WebhookAnswer(200, [(b"content-type", kind.encode()), length, *_FRESH], body)

    def _may_read(self, headers: Mapping[bytes, bytes]) -> bool:
        if admits(self._readers, headers):
            return True
        principal = self._doorkeeper.bearer(headers) if b"authorization" in headers else None
        return principal is not None and "read" in principal.may

    def _exposed(self, samples: list[Sample], accept: str) -> tuple[bytes, str]:
        from trunkline.adapters.prometheus.exposition import (  # noqa: PLC0415  nobody may ever scrape
            Process,
            exposed,
        )

        self._process = self._process or Process()
        return exposed(samples, self._process, accept)

    def _refusal(self, status: int, title: str, detail: str, headers: Headers | None = None) -> WebhookAnswer:
        return answer_problem(problem(status, title, detail, self._ids.trace_id()), headers)
