"""Where a project's traces go: makes the tracer that its settings name, for as long as it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from msgspec.structs import replace

from trunkline.app.backbone import Machine, secrets_of
from trunkline.app.project import Project
from trunkline.app.traced import DeadLetters
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.signals import TelemetryLost

INSTALL = "pip install 'trunkline[otel]'"


@contextlib.contextmanager
def telemetry(project: Project, machine: Machine) -> Iterator[Machine]:
    """Give the machine a tracer where the project sends traces; the end of the block sends what waits.

    Raises ``TrunklineError`` where the extra is missing, ``SecretUnavailable`` for a header without value.
    """
    otlp = project.settings.observe.otlp
    if otlp is None:
        yield machine
        return
    try:
        from trunkline.adapters.otel.spans import OtlpSpans  # noqa: PLC0415  its library is an extra
    except ImportError:
        raise TrunklineError(f"observe.otlp needs a library: {INSTALL}") from None
    secrets = secrets_of(project, machine.environ)
    headers = {name: secrets.get(reference).reveal() for name, reference in otlp.headers.items()}
    lost = lambda why: machine.signals.emit(TelemetryLost(otlp.endpoint, why))  # noqa: E731  one call
    tracer = OtlpSpans(otlp.endpoint, headers, f"trunkline/{project.settings.project}", otlp.sample, lost)
    machine.signals.listen(DeadLetters(tracer, machine.clock))
    try:
        yield replace(machine, tracer=tracer)
    finally:
        tracer.close()
