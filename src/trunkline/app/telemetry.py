"""Where a project's traces, metrics and logs go: makes what sends them, for as long as it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from trunkline.app.backbone import Machine, secrets_of
from trunkline.app.project import Project
from trunkline.app.traced import DeadLetters
from trunkline.delivery.replay.port import flow_of
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.release import RELEASE
from trunkline.kernel.roles import ROLES, Role
from trunkline.kernel.signals import TelemetryLost
from trunkline.kernel.tracing import arrival_span

INSTALL = "pip install 'trunkline[otel]'"


@contextlib.contextmanager
def telemetry(project: Project, machine: Machine, roles: Collection[Role] = ROLES) -> Iterator[Machine]:
    """Give the machine what sends to the project's collector; the end of the block sends what waits.

    ``roles`` are those of the process: they tell it from the other one of the project. Raises
    ``TrunklineError`` where the extra is missing, ``SecretUnavailable`` for a header without value.
    """
    otlp = project.settings.observe.otlp
    if otlp is None:
        yield machine
        return
    try:
        from trunkline.adapters.otel.logs import OtlpLogs  # noqa: PLC0415  its library is an extra
        from trunkline.adapters.otel.metrics import OtlpMetrics  # noqa: PLC0415  as above
        from trunkline.adapters.otel.sender import Collector, close  # noqa: PLC0415  as above
        from trunkline.adapters.otel.spans import OtlpSpans  # noqa: PLC0415  as above
    except ImportError:
        raise TrunklineError(f"observe.otlp needs a library: {INSTALL}") from None
    secrets = secrets_of(project, machine.environ)
    headers = {name: secrets.get(reference).reveal() for name, reference in otlp.headers.items()}
    lost = lambda why: machine.signals.emit(TelemetryLost(otlp.endpoint, why))  # noqa: E731  one call
    collector = Collector(otlp.endpoint, headers, _named(project, roles), lost)
    tracer = OtlpSpans(collector, otlp.sample) if otlp.traces else None
    meter = OtlpMetrics(collector) if otlp.metrics else None
    write = OtlpLogs(collector, machine.clock, arrivals_of(project)) if otlp.logs else None
    if tracer:
        machine.signals.listen(DeadLetters(tracer, machine.clock))
    try:
        yield replace(machine, tracer=tracer, meter=meter, write=write)
    finally:
        close(outlet.sender for outlet in (tracer, meter, write) if outlet)


def _named(project: Project, roles: Collection[Role]) -> dict[str, str]:
    """Return who sends: the same after a restart, and another for each process of a project."""
    return {
        "service.name": f"trunkline/{project.settings.project}",
        "service.version": RELEASE,
        "service.instance.id": "+".join(sorted(roles)),
    }


def arrivals_of(project: Project) -> Callable[[Mapping[str, Any]], str]:
    """Return what finds the span in which the event of a line arrived; empty where it is about none."""
    streams = {name: flow.contract.stream for name, flow in project.flows.items()}

    def span_of(fields: Mapping[str, Any]) -> str:
        stream = streams.get(flow_of(fields.get("flow", "")))
        if stream is None or not fields.get("correlation") or fields.get("offset") is None:
            return ""
        return arrival_span(fields["correlation"], stream, fields["offset"])

    return span_of
