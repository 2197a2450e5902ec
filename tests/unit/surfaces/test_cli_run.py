"""``trunkline run``: which documentation the door of a process has."""

from __future__ import annotations

import pytest

from trunkline.app.backbone import Machine
from trunkline.app.project import Project
from trunkline.kernel.signals import Signals
from trunkline.surfaces.cli.run import Part, _pages
from trunkline.testkit.clock import CountingIds, ManualClock

LOCAL = {b"host": b"localhost:8080"}


def pages(folder, role=None, host=None):
    machine = Machine({}, ManualClock(), CountingIds(), Signals())
    return _pages(Part(Project.load(folder), machine, role, host, None))


# The pages are there on a loopback address; an option that says where to listen goes before the file.
@pytest.mark.parametrize(("host", "shown"), [(None, True), ("::1", True), ("0.0.0.0", False)])
async def test_pages(folder, host, shown):
    answer = await pages(folder, host=host).answer("GET", "/docs/contracts/order@1.html", LOCAL)
    assert (answer is not None and answer.status == 200) is shown


# What the project says goes before where it listens.
async def test_setting(folder):
    main = folder / "trunkline.yaml"
    text = main.read_text("utf-8")
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: false}"), "utf-8")
    assert await pages(folder).answer("GET", "/docs/", LOCAL) is None
    main.write_text(text.replace("port: 8080}", "port: 8080, docs: true}"), "utf-8")
    assert await pages(folder, host="0.0.0.0").answer("GET", "/docs/", {}) is not None


# The door of delivery alone has none: it is for probes.
def test_delivery(folder):
    assert pages(folder, role="delivery") is None
