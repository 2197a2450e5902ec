"""The written project before the gate, and what one rule says of its flow after an edit."""

from __future__ import annotations

import pytest

from trunkline.app.gate.admission import verdicts
from trunkline.app.init import init
from trunkline.app.project import Project

SHOP, WAREHOUSE = "systems/shop.yaml", "systems/warehouse.yaml"
FLOW, ORDER = "flows/orders-to-warehouse.yaml", "contracts/order.odcs.yaml"


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


@pytest.fixture
def edit(folder):
    """Replace a text of a project file."""

    def change(file, old, new):
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture
def found(folder):
    """Return what a rule finds of the flow."""

    def one(rule):
        [verdict] = verdicts(Project.load(folder))
        return next(each for each in verdict.findings if each.rule == rule)

    return one
