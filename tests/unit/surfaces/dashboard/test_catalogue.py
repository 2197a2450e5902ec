"""The catalogue and lineage on pages."""

from __future__ import annotations

import json

import pytest

from trunkline.surfaces.dashboard.pages.catalogue import SHELVES


async def rows(get, path):
    return json.loads((await get(f"{path}&format=json")).text)["data"]


# Each part is a list of its own that words leave fewer of, and what is asked for is in the address.
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("show=systems", {"system": "shop", "owner": "E-commerce", "contact": "ecommerce@example.com"}),
        ("show=systems&q=logistics", {"system": "warehouse"}),
        ("show=contracts&q=order", {"stream": "order@1", "personal": 2}),
        ("show=flows&sort=-flow", {"flow": "sales-to-stock", "sources": ["till/sale"]}),
        ("show=personal&q=email", {"stream": "order@1", "field": "customer.email", "targets": []}),
    ],
)
async def test_parts(get, query, first):
    [found, *_] = await rows(get, f"/control/catalogue?{query}")
    assert found.items() >= first.items()
    assert (await get(f"/control/catalogue?{query}")).status == 200


# It says what the hub replaced, and a part with nothing in it teaches what asks for it.
async def test_links(get):
    text = (await get("/control/catalogue?show=circles")).text
    assert "4 sources and targets stand for 3 pairs of systems" in text
    assert "<code>trunkline check</code>" in text
    for name in SHELVES:
        assert f"?show={name}" in text


# A field is followed from its source through every flow, by its contract's name and its own.
async def test_lineage(get):
    text = (await get("/control/lineage?q=order.sku")).text
    assert "comes from shop/order" in text
    assert "goes to warehouse.stock as <strong>sku</strong>" in text
    found = await rows(get, "/control/lineage?q=order.sku")
    assert [(one["flow"], one["fields"]) for one in found] == [
        ("orders-to-shop", ["sku"]),
        ("orders-to-stock", ["sku"]),
    ]


# What is masked says so, and a field that no flow reads is told too.
async def test_personal(get):
    text = (await get("/control/lineage?q=customer.email&stream=order%401")).text
    assert "personal: masked" in text
    assert "no flow reads it" in text


# Without a field, or with one that is not there, it says what to try.
async def test_what_to_try(get):
    assert "trunkline lineage order@1 customer.name" in (await get("/control/lineage")).text
    text = (await get("/control/lineage?q=order.skuu")).text
    assert "there is no field &#34;order.skuu&#34;" in text
    assert "order.sku" in text
