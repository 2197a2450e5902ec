"""A project as its readers see it."""

from __future__ import annotations

import pytest
from tests.documented import demo

from trunkline.app.docs.join import joined
from trunkline.app.docs.model import Release
from trunkline.app.init import init
from trunkline.app.project import Project


@pytest.fixture
def docs(tmp_path):
    return joined(demo(tmp_path / "demo"))


def page_of(docs, stream):
    return next(page for page in docs.contracts if page.contract.stream == stream)


# A contract's page names who publishes it, which flows read it, who accepts it and which flows lead there.
def test_pages(docs):
    order, stock = page_of(docs, "order@1"), page_of(docs, "stock@1")
    [source] = order.sources
    assert (source.name, source.via, source.where) == ("shop/order", "webhook", "/hooks/shop/orders")
    assert source.proof == "standard_webhooks"
    assert [one.name for one in order.flows] == ["orders-to-shop", "orders-to-stock"]
    assert (order.targets, order.deliveries) == ((), ())
    assert [one.where for one in stock.targets] == ["stock"]
    assert [one.name for one in stock.deliveries] == ["orders-to-stock", "sales-to-stock"]


# A system has its owner, who owns its data too where nobody else is said to, its sources and its targets.
def test_systems(docs):
    shop, till, _ = docs.systems
    assert (shop.title, shop.owner.team, shop.data_owner) == ("Web shop", "E-commerce", shop.owner)
    assert [one.name for one in shop.targets] == ["shop.confirmation"]
    assert [one.where for one in till.sources] == ["till"]


# A flow has what it needs and its mapping.
def test_flows(docs):
    flow = next(one for one in docs.flows if one.name == "orders-to-shop")
    assert (flow.stream, flow.target.name, flow.freshness) == ("order@1", "shop.confirmation", "30s")
    assert (flow.delivery, flow.attempts, flow.when_dead) == ("at-least-once", 6, "hold-key")
    assert dict(flow.mapping)["number"] == "number"


# A personal field is followed to the flows that read it, and to the fields they make of it.
def test_personal(tmp_path):
    project = Project.load(init(tmp_path / "shop").folder)
    passed = [
        (one.contract.stream, one.field.path, [(each.flow.name, each.into) for each in one.passed_on])
        for one in joined(project).personal
    ]
    assert passed == [
        ("order@1", "email", [("orders-to-warehouse", ("email",))]),
        ("warehouse-order@1", "email", []),
    ]


# Without a mapping a field goes as it is; through a function it may go anywhere; through a whole object too.
@pytest.mark.parametrize(
    ("said", "into"),
    [
        ("when: total > 0", ("email",)),
        ("python: mappings.orders:to_warehouse", ("*",)),
        (
            (
                "map: {order_id: order_id, revision: revision, changed_at: changed_at, status: $string($), "
                "total: total, pieces: $sum(lines.quantity)}"
            ),
            ("status",),
        ),
    ],
)
def test_passed_on(tmp_path, said, into):
    folder = init(tmp_path / "shop").folder
    flow = f"flow: orders-to-warehouse\nfrom: order@1\nto: warehouse.orders\n{said}\n"
    if said.startswith("when"):
        system = (folder / "systems/warehouse.yaml").read_text("utf-8")
        system = system.replace("contract: warehouse-order@1", "contract: order@1")
        (folder / "systems/warehouse.yaml").write_text(system, "utf-8")
    (folder / "flows/orders-to-warehouse.yaml").write_text(flow, "utf-8")
    first = joined(Project.load(folder)).personal[0]
    assert [each.into for each in first.passed_on] == [into]


# Registered versions stand with their contract; the door is where it listens, an IPv6 address in brackets.
def test_releases_and_door(tmp_path):
    folder = init(tmp_path / "shop").folder
    (folder / "trunkline.yaml").write_text('project: shop\nlisten: {host: "::1", port: 80}\n', "utf-8")
    release = Release("1.0.0", "2026-01-01T00:00:00Z", "ada", "first")
    docs = joined(Project.load(folder), {"order@1": [release]})
    assert page_of(docs, "order@1").releases == (release,)
    assert docs.door == "[::1]:80"
