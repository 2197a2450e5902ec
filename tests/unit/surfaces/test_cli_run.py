"""``trunkline run``: which documentation the door of a process has."""

from __future__ import annotations

import pytest
from tests.unit.surfaces.doors import status

from trunkline.app.backbone import Machine
from trunkline.app.project import Project
from trunkline.kernel.signals import Signals
from trunkline.surfaces.cli.run import Part, _mounts
from trunkline.surfaces.docs.mount import DOCS
from trunkline.testkit.clock import CountingIds, ManualClock

LOCAL = {b"host": b"localhost:8080"}


def mounts(folder, role=None, host=None):
    machine = Machine({}, ManualClock(), CountingIds(), Signals())
    return _mounts(Part(Project.load(folder), machine, role, host, None))


async def shown(folder, path, headers, host=None):
    with mounts(folder, host=host) as found:
        return await status(found[DOCS], path, headers) == 200


# The pages are there on a loopback address; an option that says where to listen goes before the file.
@pytest.mark.parametrize(("host", "there"), [(None, True), ("::1", True), ("0.0.0.0", False)])
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


# The door of delivery alone has none: it is for probes.
def test_delivery(folder):
    with mounts(folder, role="delivery") as found:
        assert found == {}
