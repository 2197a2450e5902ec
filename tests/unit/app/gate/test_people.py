"""The gate asks who owns the data, what the systems are, and who is told."""

from __future__ import annotations

import pytest
from tests.unit.app.gate.conftest import ORDER, SHOP, WAREHOUSE

HOOK = "publishes:"

ROUTES = "{routes: {oncall: {apprise: secret://alerts/pager}, chat: {apprise: secret://alerts/chat}}}"


# The data of a stream is its contract's team's, else the data owner's, else the owner's of the system.
@pytest.mark.parametrize(
    ("file", "old", "new", "shown"),
    [
        (SHOP, "kind: web shop", "kind: web shop", "E-commerce, for shop"),
        (SHOP, HOOK, "data_owner: {team: Sales, contact: s@example.com}\npublishes:", "Sales, for shop"),
        (ORDER, "status: active", "status: active\nteam: {name: Orders}", "Orders, by order@1.0.0"),
    ],
)
def test_the_data_owner(edit, found, file, old, new, shown):
    edit(file, old, new)
    assert (found("data-owner").status, found("data-owner").shown) == ("pass", shown)


# A word that stands for nobody is nobody, and the file to write a name into is told.
@pytest.mark.parametrize("nobody", ['""', "tbd", '"?"', "None", "n/a"])
def test_nobody_owns_it(edit, found, nobody):
    edit(SHOP, "team: E-commerce", f"team: {nobody}")
    assert found("data-owner").status == "error"
    assert found("data-owner").do == f"name data_owner in {SHOP}"


# Where only a command publishes there is no system to own the data, so its contract names the team.
def test_published_by_hand(folder, edit, found):
    text = (folder / SHOP).read_text()
    (folder / SHOP).write_text(text[: text.index(HOOK)])
    assert f"name the team in {ORDER}" in found("data-owner").do
    edit(ORDER, "status: active", "status: active\nteam: {name: Orders}")
    assert found("data-owner").status == "pass"
    assert found("catalogued").shown == "publish only to Warehouse (database)"


# A system without title or kind is in no catalogue, on either side.
@pytest.mark.parametrize(
    ("file", "old", "said"),
    [
        (SHOP, "title: Web shop\n", "shop has no title"),
        (WAREHOUSE, "kind: database\n", "warehouse has no kind"),
    ],
)
def test_a_system_nobody_described(edit, found, file, old, said):
    edit(file, old, "")
    assert found("catalogued").status == "error"
    assert found("catalogued").shown == said
    assert file in found("catalogued").do


# People are told by the routes of its alerts, else by any; without one the owners of both sides have to look.
def test_the_route_of_alerts(edit, found):
    assert found("alert-route").shown == "ecommerce@example.com, logistics@example.com"
    edit(SHOP, "contact: ecommerce@example.com", 'contact: "-"')
    assert found("alert-route").shown == "logistics@example.com"
    edit(WAREHOUSE, "contact: logistics@example.com", 'contact: ""')
    assert found("alert-route").status == "error"
    assert found("alert-route").shown == "nobody can be told: shop and warehouse have no contact"
    edit("trunkline.yaml", "project:", f"alerts: {ROUTES}\nproject:")
    assert found("alert-route").shown == "oncall, chat"
    edit("flows/orders-to-warehouse.yaml", "severity: page", "severity: page, to: [oncall]")
    assert found("alert-route").shown == "oncall"
