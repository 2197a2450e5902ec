"""The gate: every fault of every file at once, each with its place, and none that is not one."""

from __future__ import annotations

import pytest

from trunkline.app.check import check
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.kernel.errors import ProjectError


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def faults(folder):
    with pytest.raises(ProjectError) as caught:
        Project.load(folder)
    return caught.value.faults


def only(folder):
    [fault] = faults(folder)
    return fault


# What init writes passes, and everything of it is resolved.
def test_the_written_project_passes(folder):
    project = Project.load(folder)
    flow = project.flows["orders-to-warehouse"]
    assert flow.contract.stream == "order@1"
    assert flow.target is project.targets["warehouse.orders"]
    assert flow.retry.longest_seconds == 3600
    assert list(project.sources) == ["shop/order"]
    assert project.contract_of("order") is project.contract_of("order@1")
    assert check(folder).faults == []


# A folder without its main file says how to make a project.
def test_no_project(tmp_path):
    fault = only(tmp_path)
    assert fault.place.file == "trunkline.yaml"
    assert "trunkline init" in fault.hint


# Each wrong value is one fault, at its file and line, that knows the near miss where there is one.
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("trunkline.yaml", "title:", "tilte:", 'did you mean "title"?'),
        ("trunkline.yaml", "port: 8080", "port: 80800", "65535"),
        ("trunkline.yaml", "days: 90", "bytes: 10megs", "MB"),
        ("systems/shop.yaml", "via: webhook", "via: webhok", "webhook"),
        ("systems/shop.yaml", "stream: order", "stream: ordr", 'did you mean "order"?'),
        ("systems/shop.yaml", "path: /hooks", "path: hooks", "slash"),
        ("systems/shop.yaml", "owner:", "owners:", 'did you mean "owner"?'),
        ("systems/warehouse.yaml", "mode: upsert", "mode: upsrt", "upsert"),
        ("systems/warehouse.yaml", "version: revision", "version: revison", 'did you mean "revision"?'),
        (
            "systems/warehouse.yaml",
            "contract: warehouse-order@1",
            "contract: warehouse-order@2",
            "warehouse-order@1",
        ),
        ("systems/warehouse.yaml", "{sqlite: state/warehouse.db}", "{}", "sqlite or postgres"),
        ("flows/orders-to-warehouse.yaml", "from: order@1", "from: orders@1", 'did you mean "order'),
        (
            "flows/orders-to-warehouse.yaml",
            "to: warehouse.orders",
            "to: warehouse.order",
            'did you mean "orders"?',
        ),
        (
            "flows/orders-to-warehouse.yaml",
            "to: warehouse.orders",
            "to: warehose.orders",
            'did you mean "warehouse"?',
        ),
        ("flows/orders-to-warehouse.yaml", "status: status", "status: stauts", 'did you mean "status"?'),
        ("flows/orders-to-warehouse.yaml", "  status: status", "  state: status", 'no field "state"'),
        ("flows/orders-to-warehouse.yaml", "  revision: revision\n", "", '"revision" is never given'),
        ("flows/orders-to-warehouse.yaml", "total: total", "total: $number($string(total))", "binary floats"),
        ("flows/orders-to-warehouse.yaml", "total: total", 'total: "total +"', "expression"),
        ("flows/orders-to-warehouse.yaml", "freshness: 5s", "freshness: 5 s", "5s"),
        ("flows/orders-to-warehouse.yaml", "longest: 1h", "longest: 1ms", "longest_seconds"),
        (
            "flows/orders-to-warehouse.yaml",
            "map:",
            "python: mappings.nothing:to\nmap:",
            "either map or python",
        ),
    ],
)
def test_each_fault_has_its_place(folder, file, old, new, said):
    line = (folder / file).read_text().split(old)[0].count("\n") + 1
    edit(folder, file, old, new)
    found = faults(folder)
    assert any(said in str(fault) for fault in found), [str(fault) for fault in found]
    assert all(fault.place.file == file and fault.place.line for fault in found)
    assert any(abs(fault.place.line - line) <= 5 for fault in found)


# All faults of all files come at once, sorted by their place.
def test_all_faults_at_once(folder):
    edit(folder, "trunkline.yaml", "title:", "tilte:")
    edit(folder, "systems/shop.yaml", "kind:", "knd:")
    edit(folder, "flows/orders-to-warehouse.yaml", "retry:", "rety:")
    found = faults(folder)
    assert [fault.place.file for fault in found] == [
        "flows/orders-to-warehouse.yaml",
        "systems/shop.yaml",
        "trunkline.yaml",
    ]


# What refers to a broken file is not blamed for that.
def test_a_broken_file_is_the_only_one_blamed(folder):
    edit(folder, "contracts/order.odcs.yaml", "kind: DataContract", "kind: DataContrat")
    edit(folder, "systems/warehouse.yaml", "kind: database", "knd: database")
    assert {fault.place.file for fault in faults(folder)} == {
        "contracts/order.odcs.yaml",
        "systems/warehouse.yaml",
    }


# Names and paths are given once; the second one is told where the first is.
def test_names_are_unique(folder):
    flow = (folder / "flows/orders-to-warehouse.yaml").read_text()
    (folder / "flows/second.yaml").write_text(flow)
    shop = (folder / "systems/shop.yaml").read_text()
    (folder / "systems/zweite.yaml").write_text(shop.replace("system: shop", "system: zweite"))
    contract = (folder / "contracts/order.odcs.yaml").read_text()
    (folder / "contracts/zweite.odcs.yaml").write_text(contract)
    text = "\n".join(map(str, faults(folder)))
    assert 'flow "orders-to-warehouse" a second time' in text
    assert 'path "/hooks/shop/orders" a second time' in text
    assert 'contract "order@1" a second time' in text


# With two major versions of a contract a bare name is unclear, and the fault names both.
def test_an_unclear_version(folder):
    contract = (folder / "contracts/order.odcs.yaml").read_text()
    (folder / "contracts/order2.odcs.yaml").write_text(contract.replace("version: 1.0.0", "version: 2.0.0"))
    fault = only(folder)
    assert "several major versions" in fault.problem
    assert fault.expected == "order@1 or order@2"


# A file whose name would have it ignored is named.
def test_a_file_that_would_not_be_read(folder):
    (folder / "systems/shop.yaml").rename(folder / "systems/shop.yml")
    assert any("rename it to shop.yaml" in fault.hint for fault in faults(folder))


# A literal credential is a fault that says how to make a reference and does not repeat it.
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("systems/shop.yaml", "bearer: secret://shop/webhook", "bearer: hunter2"),
        ("systems/shop.yaml", "bearer: secret://shop/webhook", "github: {secret: [hunter2]}"),
        ("systems/shop.yaml", "{bearer: secret://shop/webhook}", "hunter2"),
        ("systems/warehouse.yaml", "sqlite: state/warehouse.db", "postgres: 'postgresql://u:hunter2@h/d'"),
        ("systems/warehouse.yaml", "sqlite: state/warehouse.db", "password: hunter2"),
        (
            "systems/warehouse.yaml",
            "sqlite: state/warehouse.db",
            "url: https://h, auth: {basic: {username: u, password: hunter2}}",
        ),
        (
            "systems/warehouse.yaml",
            "sqlite: state/warehouse.db",
            "url: https://h, auth: {header: {name: X, value: hunter2}}",
        ),
    ],
)
def test_a_literal_credential(folder, file, old, new):
    edit(folder, file, old, new)
    found = faults(folder)
    assert any("credential that stands in the file" in fault.problem for fault in found)
    assert any("secret://" in fault.expected for fault in found)
    assert not any("hunter2" in str(fault) for fault in found)


# A mapping in Python is loaded, and a missing one is a fault of the flow.
def test_python_mappings(folder):
    file = "flows/orders-to-warehouse.yaml"
    text = (folder / file).read_text()
    head, tail = text.split("map:\n")[0], text.split("$sum(lines.quantity)\n")[1]
    (folder / file).write_text(head + "python: mappings.orders:to_warehouse\n" + tail)
    record = {"order_id": "1", "lines": [{"quantity": 2}]}
    assert Project.load(folder).flows["orders-to-warehouse"].mapping(record) == {"order_id": "1", "pieces": 2}
    (folder / file).write_text(head + "python: mappings.orders:to_warehose\n" + tail)
    assert only(folder).place.file == file
