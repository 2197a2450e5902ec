"""The report of a project: what it holds, in its user's words, beside everything that is wrong."""

from __future__ import annotations

import pytest

from trunkline.app.backbone import opened, secrets_of, this_machine
from trunkline.app.check import check
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable


# Each part of a sound project has its line, with where it listens or goes.
def test_a_sound_project(folder):
    report = check(folder)
    order = next(one for one in report.contracts if one.stream == "order@1")
    assert (report.project, report.faults) == ("shop", [])
    assert (order.version, order.personal, order.key) == ("1.0.0", 1, ["order_id"])
    assert [(one.source, one.where) for one in report.sources] == [("shop/order", "/hooks/shop/orders")]
    assert [(one.target, one.where) for one in report.targets] == [("warehouse.orders", "orders")]
    assert [(one.flow, one.mapping) for one in report.flows] == [("orders-to-warehouse", "7 fields")]


# A flow in Python is shown by its function, one without a mapping by what that means.
def test_other_mappings(folder, edit):
    flow = "flows/orders-to-warehouse.yaml"
    head, tail = (folder / flow).read_text().split("map:\n")
    rest = tail.split("$sum(lines.quantity)\n")[1]
    (folder / flow).write_text(head + "python: mappings.orders:to_warehouse\n" + rest)
    assert check(folder).flows[0].mapping == "mappings.orders:to_warehouse"
    (folder / flow).write_text(head.replace("order@1", "warehouse-order@1") + rest)
    assert check(folder).flows[0].mapping == "as it is"


# What is whole is shown beside the faults of the rest, and each fault once.
def test_faults_beside_what_is_whole(folder, edit):
    edit("flows/orders-to-warehouse.yaml", "from: order@1", "from: ordr@1")
    report = check(folder)
    assert (len(report.faults), report.flows, len(report.sources)) == (1, [], 1)


# Without a usable main file there is nothing to show but why.
def test_no_project(tmp_path):
    report = check(tmp_path)
    assert (report.project, report.contracts) == ("", [])
    assert "trunkline.yaml" in str(report.faults[0])


# A secrets file or a key that others may read is a fault in the words of the refusal to start.
@pytest.mark.parametrize("file", ["state/secrets.yaml", "state/trunkline.key"])
async def test_an_exposed_secret(folder, file):
    (folder / file).chmod(0o640)
    [fault] = check(folder).faults
    assert fault.place.file == file
    with pytest.raises(SecretUnavailable) as refused:
        await _use_the_secrets(folder)
    assert fault.problem == str(refused.value)
    assert f"chmod 600 {folder / file}" in fault.problem


async def _use_the_secrets(folder):
    project = Project.load(folder)
    secrets_of(project, {}).get("secret://shop/webhook")
    async with opened(project, this_machine({})):
        pass


# Where the environment has the secrets, as in a pull request's check, there are no such files to blame.
def test_no_secrets_here(folder):
    for file in ("state/secrets.yaml", "state/trunkline.key"):
        (folder / file).unlink()
    assert check(folder).faults == []
