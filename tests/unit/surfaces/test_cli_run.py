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


# The pages are there on a loopback address; an option that says where to listen goes before the file.
@pytest.mark.parametrize(("host", "shown"), [(None, True), ("::1", True), ("0.0.0.0", False)])
async def test_pages(folder, host, shown):
    answered = await status(mounts(folder, host=host)[DOCS], "/docs/contracts/order@1.html", LOCAL)
    assert answered == (200 if shown else 404)


# What the project says goes before where it listens.
async def test_setting(folder):
    main = folder / "trunkline.yaml"
    text = main.read_text("utf-8")
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: false}"), "utf-8")
    assert await status(mounts(folder)[DOCS], "/docs/", LOCAL) == 404
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: true}"), "utf-8")
    assert await status(mounts(folder, host="0.0.0.0")[DOCS], "/docs/", {}) == 200


# The door of delivery alone has none: it is for probes.
def test_delivery(folder):
    assert mounts(folder, role="delivery") == {}
