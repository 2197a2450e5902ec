"""Of which flows and sources a number is."""

from __future__ import annotations

import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.project import Project
from trunkline.app.scope import scope_of, scopes_by
from trunkline.kernel.errors import UsageError


@pytest.fixture
def project(folder):
    return Project.load(folder)


# Without a choice it is about everything, also about flows that went, and about no replay.
def test_everything(project):
    whole = scope_of(project, ["gone", f"{FLOW}#r1"])
    assert whole.flows == {FLOW, "gone"}
    assert whole.has("any@1", "any/source")


# A flow is fed by its stream, a stream feeds its flows, a system has both of its sides.
def test_one_of_each(project):
    flow = scope_of(project, [], flow=FLOW)
    assert (flow.flows, flow.streams) == ({FLOW}, {"order@1"})
    stream = scope_of(project, [], stream="order")
    assert (stream.name, stream.flows, stream.streams) == ("order@1", {FLOW}, {"order@1"})
    shop, warehouse = scope_of(project, [], system="shop"), scope_of(project, [], system="warehouse")
    assert (shop.flows, warehouse.flows) == (set(), {FLOW})
    assert shop.has("order@1", "shop/order")
    assert not shop.has("order@1", "publish/order@1")
    assert warehouse.has("order@1", "shop/order")


# Two choices leave the flows that are in both.
def test_two_choices(project):
    assert scope_of(project, [], flow=FLOW, system="warehouse").flows == {FLOW}
    assert scope_of(project, [], flow=FLOW, system="shop").flows == set()


# A replay that ran is about itself alone.
def test_a_replay(project):
    replay = scope_of(project, [f"{FLOW}#r1"], flow=f"{FLOW}#r1")
    assert replay.flows == {f"{FLOW}#r1"}
    assert not replay.has("order@1", "shop/order")


# What there is not is refused with what was meant.
@pytest.mark.parametrize("choice", [{"flow": "orders-to-warehous"}, {"system": "shopp"}, {"stream": "ordre"}])
def test_what_is_not_there(project, choice):
    with pytest.raises(UsageError, match="did you mean"):
        scope_of(project, [], **choice)


# The parts of a choice are those that have something to do with it.
def test_parts(project):
    whole = scope_of(project, [], flow=FLOW)
    assert [one.name for one in scopes_by(project, whole, "system")] == ["shop", "warehouse"]
    assert [one.name for one in scopes_by(project, whole, "stream", ["order@1", "other@1"])] == ["order@1"]
    every = scope_of(project, [])
    assert [one.name for one in scopes_by(project, every, "stream", ["other@1"])] == ["order@1", "other@1"]
