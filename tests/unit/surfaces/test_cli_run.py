"""``trunkline run``: which documentation the door of a process has, and when it may not open."""

from __future__ import annotations

import pytest
from tests.unit.surfaces.doors import status

from trunkline.app.backbone import Machine, opened
from trunkline.app.project import Project
from trunkline.kernel.signals import Signals
from trunkline.surfaces.docs.mount import DOCS
from trunkline.surfaces.mounts import mounted
from trunkline.surfaces.place import place_of
from trunkline.testkit.clock import CountingIds, ManualClock

LOCAL = {b"host": b"localhost:8080"}


async def shown(folder, path, headers, host=""):
    project = Project.load(folder)
    machine = Machine({}, ManualClock(), CountingIds(), Signals())
    async with opened(project, machine) as backbone:
        with mounted(backbone, place_of(project, host, plain=True)) as found:
            return await status(found[DOCS], path, headers) == 200


# The pages are there on a loopback address; an option that says where to listen goes before the file.
@pytest.mark.parametrize(("host", "there"), [("", True), ("::1", True), ("0.0.0.0", False)])
async def test_pages(folder, host, there):
    assert await shown(folder, "/docs/contracts/order@1.html", LOCAL, host) is there


# What the project says goes before where it listens.
async def test_setting(folder):
    main = folder / "trunkline.yaml"
    text = main.read_text("utf-8")
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: false}"), "utf-8")
    assert not await shown(folder, "/docs/", LOCAL)
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: true}"), "utf-8")
    assert await shown(folder, "/docs/", {}, "0.0.0.0")


# An address that others reach is not listened on without TLS; what to do is said, and nothing is begun.
def test_an_address_of_others(trunkline, folder):
    code, _, err = trunkline("run", "--host", "0.0.0.0", "--port", "0")
    assert code == 2
    assert "listen.tls" in err
    assert "--insecure-plain" in err
    assert not (folder / "state/trunkline.db").exists()
