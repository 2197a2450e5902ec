"""From a folder to a project: what holds across files, each fault at its place and told once."""

from __future__ import annotations

import pytest

from trunkline.app.project import Project
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


# An alert names what is measured and a bound that goes with it; another one is a fault in words.
@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ("freshness > 90s", True),
        ("lag >= 1000", True),
        ("dead>0", True),
        ("freshness > 60", False),
        ("lag > 5s", False),
        ("mood > 3", False),
    ],
)
def test_alerts(folder, edit, when, fits):
    edit(FLOW, "freshness > 60s", when)
    found = faults(folder)
    assert bool(found) != fits
    assert all(f"{FLOW}:" in fault for fault in found)


# How often a system gives data is read with its source.
def test_every(folder, edit):
    edit(SHOP, "via: webhook", "via: webhook\n    every: 15m")
    assert Project.load(folder).sources["shop/order"].every_seconds == 900


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


# The references of the registry's writers count as those of systems.
def test_a_writer_that_shares_a_variable(folder, edit):
    listen = "listen: {registry: {writers: {ci: secret://shop/web-hook, x: secret://shop/web.hook}}}"
    edit("trunkline.yaml", "listen: {host: 127.0.0.1, port: 8080}", listen)
    [fault] = faults(folder)
    assert "secret://shop/web.hook and secret://shop/web-hook would both be" in fault


# A writer's secret that stands in the file is a fault that does not repeat it.
def test_a_writer_with_a_literal_secret(folder, edit):
    listen = "listen: {registry: {writers: {ci: hunter2}}}"
    edit("trunkline.yaml", "listen: {host: 127.0.0.1, port: 8080}", listen)
    [fault] = faults(folder)
    assert "secret reference" in fault
    assert "hunter2" not in fault
