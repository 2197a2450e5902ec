"""A flow promises what its weakest part gives, and no flow starts on less than it declares."""

from __future__ import annotations

import pytest

from trunkline.app.check import check
from trunkline.app.guarantee import chain, require, weakest
from trunkline.app.project import Project
from trunkline.eventlog.port import Features
from trunkline.kernel.errors import GuaranteeError

DURABLE = Features(durable=True, sealed=True)
FORGETFUL = Features(durable=False, sealed=False)
FLOW = "orders-to-warehouse"


def links_of(folder, features=DURABLE):
    project = Project.load(folder)
    return chain(project, project.flows[FLOW], features)


def test_the_parts_stand_in_the_order_an_event_passes_them(folder):
    """From the source over log and mapping to the target, each with a reason."""
    links = links_of(folder)
    assert [link.part for link in links] == ["source shop/order", "log", "mapping", "target warehouse.orders"]
    assert {link.gives for link in links} == {"effectively-once"}
    assert all(link.why for link in links)


def test_a_log_that_forgets_gives_the_least(folder):
    """What is lost with the process is delivered once at most, and a flow that needs more does not start."""
    assert weakest(links_of(folder, FORGETFUL)).part == "log"
    project = Project.load(folder)
    with pytest.raises(
        GuaranteeError, match="declares effectively-once, and log gives at-most-once: it forg"
    ):
        require(project, project.flows[FLOW], FORGETFUL)
    require(project, project.flows[FLOW], DURABLE)


def test_check_tells_what_a_flow_can_promise(folder, edit):
    """A POST that may be repeated makes it at least once, with the reason beside it."""
    warehouse = "systems/warehouse.yaml"
    accepts = (folder / warehouse).read_text().split("accepts:\n")[1]
    edit(warehouse, accepts, "  - {name: orders, contract: warehouse-order@1, via: http, request: POST /o}\n")
    edit(warehouse, "sqlite: state/warehouse.db", "url: https://warehouse.example.com")
    edit(f"flows/{FLOW}.yaml", "delivery: effectively-once", "delivery: at-least-once")
    [flow] = check(folder).flows
    assert flow.delivery == "at-least-once"
    assert "POST that is repeated may take effect twice" in weakest(flow.chain).why
    project = Project.load(folder)
    require(project, project.flows[FLOW], DURABLE)
