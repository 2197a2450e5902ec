"""Contracts are registered by file or name, all or none; a version in use is not retired."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.app import majors
from tests.unit.app.registered import ANN, DAY, ORDER, register_all, take

from trunkline.app.registering import register_text, show, versions
from trunkline.kernel.errors import ProjectError, TrunklineError
from trunkline.testkit.clock import ManualClock


def outcomes(found):
    return [(one.contract, one.version, one.outcome) for one in found]


# A contract is chosen by its name, its stream or its file, and no choice is all.
@pytest.mark.parametrize("word", ["order", "order@1", ORDER])
def test_choosing(folder, word):
    assert outcomes(register_all(folder, word)) == [("order", "1.0.0", "new")]
    assert outcomes(register_all(folder)) == [
        ("order", "1.0.0", "known"),
        ("warehouse-order", "1.0.0", "new"),
    ]


# A file is found from where its user stands as well.
def test_a_path_from_here(folder, monkeypatch):
    monkeypatch.chdir(folder / "contracts")
    assert outcomes(register_all(folder, "order.odcs.yaml")) == [("order", "1.0.0", "new")]


# A dry run tells what would come of it and makes nothing.
def test_a_dry_run(folder):
    assert outcomes(register_all(folder, "order", dry_run=True)) == [("order", "1.0.0", "new")]
    assert not (folder / "registry").exists()


# Where one is refused, none is registered.
def test_all_or_none(folder, edit):
    register_all(folder, "order")
    edit(ORDER, "status: active", "status: active\ntags: [new]")
    found = {one.contract: one for one in register_all(folder)}
    assert (found["order"].outcome, found["order"].least) == ("refused", "1.0.1")
    assert [one.subject for one in asyncio.run(versions(folder))] == ["order"]


# What is no contract is answered with the nearest; a faulty file with its faults, another's with none.
def test_what_is_no_contract(folder, edit):
    with pytest.raises(TrunklineError, match='did you mean "order"'):
        register_all(folder, "ordr")
    edit(ORDER, "version: 1.0.0", "version: one")
    for chosen in ((ORDER,), ()):
        with pytest.raises(ProjectError, match="no major number"):
            register_all(folder, *chosen)
    with pytest.raises(TrunklineError, match="its file has a fault"):
        register_all(folder, "order")
    assert outcomes(register_all(folder, "warehouse-order")) == [("warehouse-order", "1.0.0", "new")]


# A list has the highest version first; one version is shown with its acts and its text.
def test_reading(folder, edit):
    register_all(folder)
    edit(ORDER, "version: 1.0.0", "version: 1.0.1")
    register_all(folder)
    assert [one.version for one in asyncio.run(versions(folder, ["order"]))] == ["1.0.1", "1.0.0"]
    assert [one.subject for one in asyncio.run(versions(folder))] == ["order", "order", "warehouse-order"]
    found = asyncio.run(show(folder, "order", with_text=True))
    assert found.text == (folder / ORDER).read_text()
    assert [(one.act, one.by, one.why) for one in found.acts] == [("register", "ann", "as agreed")]


# A version that the project's own files are at is not retired, however much in a hurry.
def test_a_version_in_use(folder, edit):
    register_all(folder)
    with pytest.raises(TrunklineError, match="source shop/order, flow orders-to-warehouse"):
        take(folder, "retire", "order@1.0.0", at_once=True)
    edit(ORDER, "version: 1.0.0", "version: 1.0.1")
    register_all(folder)
    assert take(folder, "retire", "order@1.0.0", at_once=True).state == "retired"


# A deprecation is shown with its end, and can be taken back.
def test_steps(folder):
    register_all(folder)
    clock = ManualClock()
    deprecated = take(folder, "deprecate", "order", clock, sunset=clock.now() + DAY)
    assert (deprecated.state, deprecated.because, deprecated.sunset is None) == (
        "deprecated",
        "as agreed",
        False,
    )
    assert take(folder, "activate", "order@1", clock).state == "active"
    assert [one.act for one in asyncio.run(show(folder, "order")).acts] == [
        "register",
        "deprecate",
        "activate",
    ]


# A cast is registered for good, so it has to fit the version before it, which has to be there.
def test_a_cast_that_does_not_fit(folder):
    casts = {way: dict(fields) for way, fields in majors.SECOND.items()}
    casts["up"]["state"] = "stat"
    majors.second(folder, casts)
    with pytest.raises(ProjectError, match=r"order-2\.odcs\.yaml:.* it reads .stat."):
        register_all(folder, "order@2")
    assert [one.outcome for one in register_all(folder, "order@1")] == ["new"]
    majors.second(folder)
    (folder / ORDER).rename(folder / "order.yaml")
    with pytest.raises(ProjectError, match="no contract order@1"):
        register_all(folder, "order@2")
    (folder / "order.yaml").rename(folder / ORDER)
    assert [one.outcome for one in register_all(folder, "order@2")] == ["new"]
    (folder / ORDER).unlink()
    assert [one.outcome for one in register_all(folder, "order@2")] == ["known"]


# A text's casts have to fit what is in the folder, as a file's have.
def test_a_text_that_casts_what_does_not_fit(folder):
    text = majors.second(folder).read_text("utf-8")
    (folder / "contracts/order-2.odcs.yaml").unlink()
    with pytest.raises(ProjectError, match='it reads "stat"'):
        asyncio.run(register_text(folder, text.replace("'status'", "'stat'"), ANN, ManualClock()))
    [found] = asyncio.run(register_text(folder, text, ANN, ManualClock()))
    assert (found.version, found.outcome) == ("2.0.0", "new")
