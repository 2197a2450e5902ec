"""The door of a running project has its registry, for whom its settings say."""

from __future__ import annotations

import pytest
from tests.documented import demo

from trunkline.app.backbone import this_machine
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable
from trunkline.surfaces.mounts import API, SCHEMAS, mounted

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
@pytest.mark.parametrize(("mount", "path"), [(SCHEMAS, "/subjects"), (API, "/contracts")])
async def test_registry(project, mount, path):
    machine = this_machine({VARIABLE: "s3cret"})
    local, writer = [(b"host", b"localhost:8080")], [(b"authorization", b"Bearer s3cret")]
    get, put = {"path": mount + path}, {"method": "POST", "path": f"{mount}{path}"}
    if mount == SCHEMAS:
        put |= {"method": "PUT", "path": "/registry/mode"}
    with mounted(project, machine, "127.0.0.1") as here, mounted(project, machine, "0.0.0.0") as there:
        assert [await status_of(one[mount], local, **get) for one in (here, there)] == [200, 401]
        assert [await status_of(one[mount], writer, **get) for one in (here, there)] == [200, 200]
        assert [await status_of(here[mount], who, **put) for who in (local, writer)] == [401, 422]


# A writer without a secret is told at the start.
def test_no_secret(project):
    with (
        pytest.raises(SecretUnavailable, match="secret://registry/ci"),
        mounted(project, this_machine({}), "127.0.0.1"),
    ):
        pass
