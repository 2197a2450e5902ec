"""The door of a running project has its registry and its API, for whom its settings and its token say."""

from __future__ import annotations

import aiohttp
import pytest
from tests.documented import demo

from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable
from trunkline.surfaces.mounts import API, SCHEMAS, doorway, mounted, shown
from trunkline.surfaces.place import Place

VARIABLE = "TRUNKLINE_SECRET_REGISTRY_CI"
HERE, THERE = Place("127.0.0.1", 0), Place("0.0.0.0", 0, plain=True)
LOCAL, WRITER = [(b"host", b"localhost:8080")], [(b"authorization", b"Bearer s3cret")]


@pytest.fixture
def project(tmp_path):
    folder = demo(tmp_path / "demo").folder
    main = folder / "trunkline.yaml"
    lines = [line for line in main.read_text().splitlines() if not line.startswith("listen:")]
    lines.append("listen: {registry: {writers: {ci: secret://registry/ci}}}")
    main.write_text("\n".join(lines))
    return Project.load(folder)


@pytest.fixture
async def backbone(project):
    async with opened(project, this_machine({VARIABLE: "s3cret"})) as running:
        yield running


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
async def test_registry(backbone, mount, path):
    get, put = {"path": mount + path}, {"method": "POST", "path": f"{mount}{path}"}
    if mount == SCHEMAS:
        put |= {"method": "PUT", "path": "/registry/mode"}
    with mounted(backbone, HERE) as here, mounted(backbone, THERE) as there:
        writer = LOCAL + WRITER
        assert [await status_of(one[mount], LOCAL, **get) for one in (here, there)] == [200, 401]
        assert [await status_of(one[mount], writer, **get) for one in (here, there)] == [200, 200]
        assert [await status_of(here[mount], who, **put) for who in (LOCAL, writer)] == [401, 422]


# The administrator's token writes to the registry as well, as long as it is the one that counts.
async def test_the_token_writes(backbone):
    made = await perform(backbone, RotateToken("ann"))
    administrator = [*LOCAL, (b"authorization", b"Bearer " + made.token.encode())]
    put = {"method": "PUT", "path": "/registry/mode"}
    with mounted(backbone, HERE) as here:
        assert await status_of(here[SCHEMAS], administrator, **put) == 422
        await perform(backbone, RotateToken("ann"))
        assert await status_of(here[SCHEMAS], administrator, **put) == 401


# The API is asked by a name of the door, and by no page of another site; the registry by any name.
async def test_names(backbone):
    with mounted(backbone, HERE) as here:
        elsewhere = [(b"host", b"evil.example.com"), *WRITER]
        page = [*LOCAL, *WRITER, (b"origin", b"https://evil.example.com")]
        assert await status_of(here[API], elsewhere, path="/api/v1/contracts") == 421
        assert await status_of(here[API], page, "POST", "/api/v1/contracts") == 403
        assert await status_of(here[SCHEMAS], elsewhere) == 200


# The control room is asked by a name of the door, whose root leads there; who is not known has to log in.
async def test_control_room(backbone):
    with doorway(backbone, HERE) as opens:
        door = await opens({})
        async with aiohttp.ClientSession(door.url) as session:
            async with session.get("/") as answer:
                assert answer.url.path == "/control/login"
                assert "Admin token" in await answer.text()
            async with session.get("/control/login", headers={"host": "evil.example.com"}) as answer:
                assert answer.status == 421
        await door.close()


# A writer without a secret is told at the start.
async def test_no_secret(project):
    async with opened(project, this_machine({})) as backbone:
        with pytest.raises(SecretUnavailable, match="secret://registry/ci"), mounted(backbone, HERE):
            pass


# The door of a process that takes nothing in has its probes and nothing else; no start page leads nowhere.
@pytest.mark.parametrize(("roles", "status"), [(["delivery"], 404), (["intake", "delivery"], 200)])
async def test_roles(project, roles, status):
    async with opened(project, this_machine({VARIABLE: "s3cret"}), roles) as backbone:
        with doorway(backbone, HERE) as opens:
            door = await opens({})
            async with aiohttp.ClientSession(door.url) as session:
                for path, expected in (
                    ("/health", 200),
                    ("/registry/subjects", status),
                    ("/control/login", status),
                ):
                    async with session.get(path) as answer:
                        assert answer.status == expected, path
            await door.close()


# Where everybody reads the documentation is told to senders, and only there.
def test_shown(project):
    assert (shown(project, HERE), shown(project, THERE)) == ("", "")
