"""A start is in the audit, with what is another than at the start before."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.control_room import day

from trunkline import __version__
from trunkline.app.backbone import opened
from trunkline.app.starting import Start, difference, note_start
from trunkline.observe.audit import AuditQuery


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        yield opened_backbone


async def noted(backbone):
    await note_start(backbone)
    return (await backbone.audit.list(AuditQuery()))[0]


# The first start says so, a second one of the same says nothing, and a changed project says which files.
async def test_starts(backbone):
    first = await noted(backbone)
    assert (first.by, first.what, first.outcome) == ("trunkline", "start", "done")
    assert first.why == f"first start, version {__version__}"
    again = await noted(backbone)
    assert (again.why, again.before) == ("", again.after)
    folder = backbone.project.folder
    flow = folder / "flows" / "orders-to-shop.yaml"
    flow.write_text(flow.read_text("utf-8") + "# changed\n", "utf-8")
    (folder / "contracts" / "new.odcs.yaml").write_text("", "utf-8")
    changed = await noted(backbone)
    assert changed.why == "project changed: contracts/new.odcs.yaml, flows/orders-to-shop.yaml"
    assert changed.before != changed.after


# What was kept of the start before and cannot be read counts as none.
async def test_unreadable(backbone):
    await noted(backbone)
    [kept] = backbone.project.state.glob("started-*.json")
    kept.write_bytes(b"{")
    assert (await noted(backbone)).why.startswith("first start")


# Another version is told, and of many files the first twenty.
def test_difference():
    before = Start("1.0", {f"flows/{n:02}.yaml": "a" for n in range(25)})
    assert difference(before, replace(before, version="1.1")) == "version 1.0 became 1.1"
    told = difference(before, replace(before, files={}))
    assert told.startswith("project changed: flows/00.yaml, ")
    assert told.endswith("flows/19.yaml and 5 more")
