"""Entries of systems become sources and targets under their names, each with its contract and settings."""

from __future__ import annotations

import pytest

from trunkline.app.check import check
from trunkline.app.project import Project

SHOP, WAREHOUSE = "systems/shop.yaml", "systems/warehouse.yaml"


@pytest.fixture
def only(folder):
    """Return the one fault there is, after checking that it has line and column."""

    def fault():
        [found] = check(folder).faults
        assert found.place.line
        assert found.place.column
        return found

    return fault


# A source is called by its contract, or by its own name where it has one.
def test_names_of_sources(folder, edit):
    assert list(Project.load(folder).sources) == ["shop/order"]
    edit(SHOP, "- stream: order", "- name: web\n    stream: order@1")
    assert list(Project.load(folder).sources) == ["shop/web"]


# Two sources of one name, or two webhooks on one path, are one too many.
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("{stream: order, via: files, folder: in}", 'source "shop/order" a second time'),
        (
            "{name: b, stream: order, via: webhook, path: /hooks/shop/orders, verify: none}",
            'path "/hooks/shop/orders" a second time',
        ),
    ],
)
def test_a_second_one(edit, only, extra, said):
    edit(SHOP, "publishes:\n", f"publishes:\n  - {extra}\n")
    assert said in only().problem


# Two targets of one system may not share a name either.
def test_a_second_target(edit, only):
    other = "{name: orders, contract: warehouse-order, via: table, table: b, mode: insert}"
    edit(WAREHOUSE, "accepts:\n", f"accepts:\n  - {other}\n")
    assert 'target "warehouse.orders" a second time' in only().problem


# A value that its kind's settings refuse stands in the fault with the entry's place.
def test_settings_that_make_no_sense(edit, only):
    edit(SHOP, "path: /hooks", "path: hooks")
    assert "slash" in only().problem


# A webhook's proof has to make sense before it is asked for, and its path is its own.
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{bearer: secret://shop/webhook}", "{hmac: secret://shop/webhook}", "hmac needs header"),
        ("{bearer: secret://shop/webhook}", "{beaer: secret://shop/webhook}", 'did you mean "bearer"?'),
        (
            "{bearer: secret://shop/webhook}",
            "{github: {secret: secret://shop/webhook, header: X-A}}",
            "only for hmac",
        ),
        (
            "{bearer: secret://shop/webhook}",
            "{hmac: {secret: secret://shop/webhook, header: X-A, signed: '{time}'}}",
            "signed is made of",
        ),
        (
            "{bearer: secret://shop/webhook}",
            "{hmac: {secret: secret://shop/webhook, header: X-A, encoding: roman}}",
            "encoding",
        ),
        ("/hooks/shop/orders", "/health", "choose another"),
        ("/hooks/shop/orders", "/ready", "choose another"),
        ("/hooks/shop/orders", "/docs/orders", "choose another"),
    ],
)
def test_webhooks_that_make_no_sense(folder, edit, only, old, new, said):
    edit(SHOP, old, new)
    fault = only()
    assert said in fault.problem
    assert fault.place.line == (folder / SHOP).read_text().split(new)[0].count("\n") + 1


# What a request or its body reads is a field of the target's contract.
@pytest.mark.parametrize(
    ("request_and_body", "said"),
    [
        ('request: "PUT /orders/{order_id}?at={changed_at}"', ""),
        ('request: "PUT /orders/{oder_id}"', 'request: it reads "oder_id"'),
        ('request: "PUT /orders/{order_id}", body: {total: totl}', 'body: it reads "totl"'),
    ],
)
def test_what_a_request_reads(folder, edit, only, request_and_body, said):
    accepts = (folder / WAREHOUSE).read_text().split("accepts:\n")[1]
    edit(WAREHOUSE, "sqlite: state/warehouse.db", "url: https://warehouse.example.com")
    entry = f"  - {{name: orders, contract: warehouse-order@1, via: http, {request_and_body}}}\n"
    edit(WAREHOUSE, accepts, entry)
    if said:
        fault = only()
        assert said in fault.problem
        assert "did you mean" in fault.problem
        assert fault.place.column > 60
    else:
        assert check(folder).faults == []


# A contract that could not be read is not missed a second time by whoever uses it.
def test_no_blame_for_a_broken_contract(folder, edit):
    edit("contracts/order.odcs.yaml", "kind: DataContract", "kind: DataContrat")
    assert {fault.place.file for fault in check(folder).faults} == {"contracts/order.odcs.yaml"}
