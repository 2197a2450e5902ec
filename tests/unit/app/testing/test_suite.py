"""Every case of a project, on its log or on files, and what each is skipped for."""

from __future__ import annotations

import json

import pytest
from tests.contract_files import prop
from tests.unit.app.testing.projects import SPEC, named, project, put, spec, text

from trunkline.app.acts import Publish, perform
from trunkline.app.backbone import Machine, opened
from trunkline.app.testing.suite import Asked, contract_tests, selected
from trunkline.kernel.errors import UsageError
from trunkline.kernel.signals import Signals
from trunkline.testkit.clock import CountingIds, ManualClock

ID = text("id", minLength=1)
KEY = {"TRUNKLINE_KEY": "00" * 32}


@pytest.fixture
def machine():
    return Machine(KEY, ManualClock(), CountingIds(), Signals())


@pytest.fixture
def loaded(tmp_path):
    return project(
        tmp_path / "p", [ID, prop("n", "integer")], [ID], {"map": {"id": "id"}}, connection={"openapi": SPEC}
    )


async def run(loaded, machine, **asked):
    chosen = Asked(**asked)
    results = await contract_tests(loaded, selected(loaded, chosen), machine, chosen)
    return {(one.side, one.name): one for one in results}


async def publish(loaded, machine, *records):
    async with opened(loaded, machine) as backbone:
        await perform(backbone, Publish("thing", [json.dumps(one).encode() for one in records]))


# Each side has its cases; where there is no store, and no OpenAPI file, it is said.
async def test_everything(loaded, machine):
    found = await run(loaded, machine)
    assert list(found) == [
        ("producer", "taken@1.0.0"),
        ("producer", "thing@1.0.0"),
        ("consumer", "give"),
        ("openapi", "shop.take"),
    ]
    assert "no store" in found["producer", "thing@1.0.0"].summary
    assert found["consumer", "give"].outcome == "passed"
    assert "cannot be read" in found["openapi", "shop.take"].findings[0].reason
    put(loaded.folder / SPEC, json.dumps(spec({})))
    assert (await run(loaded, machine))["openapi", "shop.take"].outcome == "passed"


# A target whose system names no file is skipped, and a file of the command line goes before those of systems.
async def test_openapi_files(tmp_path, loaded, machine):
    plain = project(tmp_path / "q", [ID], [ID], {"map": {"id": "id"}})
    assert (await run(plain, machine))["openapi", "shop.take"].outcome == "skipped"
    other = put(tmp_path / "other.json", json.dumps(spec({})))
    for one in (plain, loaded):
        assert (await run(one, machine, spec=other))["openapi", "shop.take"].outcome == "passed"


# Recorded events are held against the project's contract and a candidate, also one of a new major version.
@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
async def test_recorded_events(loaded, machine, tmp_path, version):
    await publish(loaded, machine, {"id": "1", "n": 1}, {"id": "2"}, {"id": "3", "n": 30})
    found = await run(loaded, machine)
    assert (found["producer", "thing@1.0.0"].outcome, found["producer", "thing@1.0.0"].looked_at) == (
        "passed",
        3,
    )
    assert found["producer", "taken@1.0.0"].summary == "nothing is recorded"
    tight = named("thing", [ID, prop("n", "integer", required=True, maximum=9)], version)
    found = await run(loaded, machine, candidate=str(put(tmp_path / "t.yaml", tight)), sides=("producer",))
    [result] = found.values()
    assert (result.name, result.outcome, result.faulty) == (f"thing@{version}", "failed", 2)
    assert {(one.kind, one.pointer, one.count) for one in result.findings} == {
        ("required", "/n", 1),
        ("maximum", "/n", 1),
    }
    assert {one.place for one in result.findings} == {"thing@1 offset 1", "thing@1 offset 2"}
    found = await run(loaded, machine, candidate=str(tmp_path / "t.yaml"), last=1, sides=("producer",))
    assert [one.looked_at for one in found.values()] == [1]


# A candidate is also what flows read and targets get.
async def test_a_candidate_on_the_other_sides(loaded, machine, tmp_path):
    wanting = named("taken", [ID, prop("n", "integer", required=True)], "1.1.0")
    found = await run(loaded, machine, candidate=str(put(tmp_path / "t.yaml", wanting)))
    assert found["consumer", "give"].findings[0].pointer == "/n"
    put(loaded.folder / SPEC, json.dumps(spec({"additionalProperties": False, "properties": {"id": {}}})))
    assert found.keys() == {("producer", "taken@1.1.0"), ("consumer", "give"), ("openapi", "shop.take")}
    found = await run(loaded, machine, candidate=str(tmp_path / "t.yaml"), sides=("openapi",))
    assert found["openapi", "shop.take"].findings[0].pointer == "/n"


# Files of records need no store and no project, but one contract to be held against.
async def test_files_of_records(loaded, machine, tmp_path):
    records = (put(tmp_path / "day.csv", "id,n\n1,5\n2,x\n"),)
    found = await run(loaded, machine, names=("thing",), records=records, sides=("producer",))
    assert [(one.looked_at, one.faulty) for one in found.values()] == [(2, 1)]
    candidate = str(put(tmp_path / "t.yaml", named("thing", [ID])))
    found = await run(None, machine, candidate=candidate, records=records)
    assert [(one.outcome, one.looked_at) for one in found.values()] == [("passed", 2)]
    with pytest.raises(UsageError, match="say which contract"):
        await run(loaded, machine, records=records)


# How long each case took is told, by the clock that was passed in.
async def test_seconds(loaded, machine):
    assert all(one.seconds >= 0 for one in (await run(loaded, machine)).values())
