"""A project that sends no traces has no tracer; one that does is told what it lacks."""

from __future__ import annotations

import sys

import pytest

from trunkline.app.project import Project
from trunkline.app.telemetry import telemetry
from trunkline.kernel.errors import TrunklineError

OTLP = "observe: {otlp: {endpoint: 'http://127.0.0.1:4318'}}\n"


def sending(folder):
    file = folder / "trunkline.yaml"
    file.write_text(file.read_text("utf-8") + OTLP, "utf-8")
    return Project.load(folder)


# Without the setting the machine stays as it is, and the library is not asked for.
def test_nothing_is_sent(folder, machine):
    with telemetry(Project.load(folder), machine) as traced:
        assert traced is machine


# Without the extra the error says what to install.
def test_a_missing_extra(folder, machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "trunkline.adapters.otel.spans", None)
    with (
        pytest.raises(TrunklineError, match=r"pip install 'trunkline\[otel\]'"),
        telemetry(sending(folder), machine),
    ):
        pass
