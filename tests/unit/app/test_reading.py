"""From a folder to a project: what holds across files, each fault at its place and told once."""

from __future__ import annotations

import pytest

from trunkline.app.reading import read

SHOP, WAREHOUSE, FLOW = "systems/shop.yaml", "systems/warehouse.yaml", "flows/orders-to-warehouse.yaml"


def faults(folder):
    found = read(folder)[1]
    assert all(fault.place.line and fault.place.column for fault in found)
    return [str(fault) for fault in found]


# What is read whole is a project; a main file that is not leaves none.
def test_a_project_or_none(folder, edit):
    project, found = read(folder)
    assert (project.settings.project, found) == ("shop", [])
    edit("trunkline.yaml", "project:", "projet:")
    assert read(folder)[0] is None


# The name that published records belong to is taken.
def test_a_system_called_publish(folder, edit):
    edit(SHOP, "system: shop", "system: publish")
    [fault] = faults(folder)
    assert fault.startswith(f"{SHOP}:")
    assert 'a system called "publish"' in fault


# Two references that would be one variable of the environment are told, at the second one's place.
def test_secrets_that_share_a_variable(folder, edit):
    postgres = "{postgres: postgresql://u@h/d, password: secret://shop/web.hook}"
    edit(WAREHOUSE, "{sqlite: state/warehouse.db}", postgres)
    assert faults(folder) == []
    edit(SHOP, "secret://shop/webhook", "secret://shop/web-hook")
    [fault] = faults(folder)
    assert "TRUNKLINE_SECRET_SHOP_WEB_HOOK" in fault
    assert fault.startswith(f"{WAREHOUSE}:")


# A connection that nothing uses yet is still no place for a key that nothing knows.
@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("{url: https://shop.example.com, auth: {bearer: secret://shop/api-token}}", ""),
        ("{sqlite: a.db}", ""),
        ("{ulr: https://shop.example.com}", 'did you mean "url"?'),
        ("{url: 5}", "text"),
        ("{auth: {baerer: secret://shop/api-token}}", 'did you mean "bearer"?'),
    ],
)
def test_a_connection_without_targets(folder, edit, connection, said):
    edit(SHOP, "publishes:", f"connection: {connection}\npublishes:")
    found = faults(folder)
    assert bool(found) == bool(said)
    assert all(said in fault for fault in found)


# Alerts are refused in words of their own, once: a key that is taken and does nothing would be a lie.
def test_alerts(folder, edit):
    edit(FLOW, "when_dead:", "alerts: [{when: freshness > 60s, for: 2m, severity: page}]\nwhen_dead:")
    [fault] = faults(folder)
    assert "no alerts yet" in fault


# A breaker or a budget that makes no sense is a fault at its key, and a misspelt key has its near miss.
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("breaker: {open: 2m}", "open must be above 0"),
        ("breaker: {failures: half}", "a share"),
        ("breaker: {minimal: 5}", 'did you mean "minimum"?'),
        ("retry_budget: {window: 0s}", "window must be above 0"),
        ("retry_budget: {share: 110%}", "a share"),
    ],
)
def test_a_breaker_without_meaning(folder, edit, text, said):
    edit("systems/warehouse.yaml", "connection:", f"{text}\nconnection:")
    [fault] = read(folder)[1]
    assert said in str(fault)
    assert fault.place.line
