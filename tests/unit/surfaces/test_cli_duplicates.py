"""``trunkline duplicates`` lists which entities are one thing, as a table and as JSON."""

from __future__ import annotations

import asyncio
import json

import pytest

from trunkline.app.backbone import opened, this_machine
from trunkline.app.census import pieces
from trunkline.app.project import Project


@pytest.fixture
def matched(folder):
    """Have orders be one thing where their status is the same."""
    path = folder / "contracts/order.odcs.yaml"
    text = path.read_text("utf-8")
    at = text.index("customProperties:\n") + len("customProperties:\n")
    own = text[at:]
    indent = own[: len(own) - len(own.lstrip())]
    path.write_text(f"{text[:at]}{indent}- {{property: match, value: [[status]]}}\n{own}", "utf-8")
    return folder


def count(folder):
    async def run():
        async with opened(Project.load(folder), this_machine({})) as backbone:
            return [events async for events in pieces(backbone)]

    return asyncio.run(run())


# Nothing is known before it was counted; then the fields, how many and their keys are told, with exit code 1.
def test_lists_duplicates(trunkline, orders, matched):
    trunkline("publish", "order", "--file", orders(3))
    code, out, _ = trunkline("duplicates", "order")
    assert (code, "not counted yet" in out) == (0, True)
    assert count(matched) == [3]
    code, out, _ = trunkline("duplicates", "order")
    assert code == 1
    assert out.startswith("order@1: 2 of 3 entities are another one's duplicate; counted ")
    assert "status" in out
    code, out, _ = trunkline("duplicates", "order", "--json")
    found = json.loads(out)
    assert (code, found["count"]["duplicates"], found["groups"][0]["entities"]) == (1, 2, 3)
    assert [one["offset"] for one in found["groups"][0]["oldest"]] == [0, 1, 2]
    assert "uncounted events" in trunkline("kpi")[1]
    assert json.loads(trunkline("kpi", "--json")[1])["total"]["kpis"]["duplicate_entity_percent"] == 66.6667


# A stream that is not there, or not matched, is a mistake of who asked.
@pytest.mark.parametrize("stream", ["ordr", "order"])
def test_refuses(trunkline, orders, stream):
    trunkline("publish", "order", "--file", orders(1))
    code, _, err = trunkline("duplicates", stream)
    assert code != 0
    assert stream in err
