"""The door of a running project has its registry, for whom its settings say."""

from __future__ import annotations

import pytest
from tests.documented import demo

from trunkline.app.backbone import this_machine
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable
from trunkline.surfaces.mounts import mounts_of

VARIABLE = "TRUNKLINE_SECRET_REGISTRY_CI"


@pytest.fixture
def project(tmp_path):
    folder = demo(tmp_path / "demo").folder
    main = folder / "trunkline.yaml"
    lines = [line for line in main.read_text().splitlines() if not line.startswith("listen:")]
    lines.append("listen: {registry: {writers: {ci: secret://registry/ci}}}")
    main.write_text("\n".join(lines))
    return Project.load(folder)


async def status_of(application, headers, method="GET", path="/registry/subjects"):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"{}"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
    await application(scope | {"headers": headers}, receive, send)
    return sent[0]["status"]


# Who asks this machine reads, the writer that is named reads and writes, and another address is closed.
async def test_registry(project):
    machine = this_machine({VARIABLE: "s3cret"})
    here = mounts_of(project, machine, "127.0.0.1")["/registry"]
    there = mounts_of(project, machine, "0.0.0.0")["/registry"]
    local, writer = [(b"host", b"localhost:8080")], [(b"authorization", b"Bearer s3cret")]
    assert [await status_of(here, local), await status_of(there, local)] == [200, 401]
    assert [await status_of(here, writer), await status_of(there, writer)] == [200, 200]
    put = {"method": "PUT", "path": "/registry/mode"}
    assert [await status_of(here, local, **put), await status_of(here, writer, **put)] == [401, 422]


# A writer without a secret is told at the start.
async def test_no_secret(project):
    with pytest.raises(SecretUnavailable, match="secret://registry/ci"):
        mounts_of(project, this_machine({}), "127.0.0.1")
