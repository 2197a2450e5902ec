"""The list of flows: the worst first, and what the address asks for."""

from __future__ import annotations

import json

import pytest


async def names(get, query=""):
    shown = json.loads((await get(f"/control/flows?format=json{query}")).text)["data"]
    return [one["flow"] for one in shown]


# By state the worst comes first; any field orders, both ways.
@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", ["orders-to-shop", "sales-to-stock", "orders-to-stock"]),
        ("&sort=-health", ["orders-to-stock", "sales-to-stock", "orders-to-shop"]),
        ("&sort=-lag", ["sales-to-stock", "orders-to-shop", "orders-to-stock"]),
        ("&sort=flow", ["orders-to-shop", "orders-to-stock", "sales-to-stock"]),
    ],
)
async def test_order(get, query, order):
    assert await names(get, query) == order


# State, target, stream and words each leave fewer.
@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("&health=ok", ["orders-to-stock"]),
        ("&target=warehouse.stock", ["sales-to-stock", "orders-to-stock"]),
        ("&stream=sale%401", ["sales-to-stock"]),
        ("&q=orders+stock", ["orders-to-stock"]),
        ("&health=late", []),
    ],
)
async def test_choice(get, query, left):
    assert await names(get, query) == left


# A list that nothing fits says so, and leads back to all.
async def test_nothing_fits(get):
    text = (await get("/control/flows?health=late")).text
    assert "Nothing matches." in text
    assert '<a href="/control/flows">Show all</a>' in text
