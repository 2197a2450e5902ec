"""Projects whose documentation is tried: one with a bit of everything, one that wants to do harm."""

from __future__ import annotations

import json
from pathlib import Path

from trunkline.app.demo.stage import write_demo
from trunkline.app.init import init
from trunkline.app.project import Project

HARM = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7*7 }} ${7*7} `x` | a \\| b '
    "[c](javascript:alert(3)) </svg> & -->"
)
"""A text that is markup in HTML, SVG, Markdown and templates."""

HARMFUL_EXPRESSION = "'<script>alert(4)</script>' & order_id"

SECRET = "Lovelace-1815"
"""What stands beside personal fields as an example."""


def demo(folder: Path) -> Project:
    """Return the project of the demo."""
    write_demo(folder, "https://shop.example.com")
    return Project.load(folder)


def harmful(folder: Path) -> Project:
    """Return a project that has ``HARM`` wherever a person may write a text, and ``SECRET`` as an example."""
    init(folder)
    (folder / "contracts/order.odcs.yaml").write_text(json.dumps(_contract()), "utf-8")
    main = folder / "trunkline.yaml"
    main.write_text(json.dumps({"project": "harm", "title": HARM}), "utf-8")
    owner = {"team": HARM, "contact": HARM}
    shop = {
        "system": "shop",
        "title": HARM,
        "kind": HARM,
        "owner": owner,
        "publishes": [{"stream": "order", "via": "webhook", "path": "/<script>", "verify": "none"}],
    }
    (folder / "systems/shop.yaml").write_text(json.dumps(shop), "utf-8")
    flow = {"flow": "orders-to-warehouse", "from": "order", "to": "warehouse.orders", "title": HARM}
    mapping = dict.fromkeys(
        ("order_id", "revision", "changed_at", "status", "total", "pieces"), HARMFUL_EXPRESSION
    )
    (folder / "flows/orders-to-warehouse.yaml").write_text(json.dumps(flow | {"map": mapping}), "utf-8")
    return Project.load(folder)


def _contract() -> dict[str, object]:
    properties = [
        {"name": "order_id", "logicalType": "string", "primaryKey": True, "description": HARM},
        {
            "name": "<script>alert(5)</script>",
            "logicalType": "string",
            "businessName": HARM,
            "examples": [HARM],
        },
        {
            "name": "customer",
            "logicalType": "object",
            "examples": [{"name": SECRET}],
            "properties": [
                {"name": "name", "logicalType": "string", "classification": HARM, "examples": [SECRET]},
                {"name": "email", "logicalType": "string", "tags": ["pii"], "examples": [SECRET]},
            ],
        },
        {"name": "code", "logicalType": "string", "enum": [{"value": HARM}]},
    ]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "order",
        "name": "order",
        "version": "1.0.0",
        "status": HARM,
        "domain": HARM,
        "dataProduct": HARM,
        "tags": [HARM],
        "description": {"usage": HARM, "limitations": HARM},
        "team": {"name": HARM, "members": [{"username": HARM, "role": HARM}]},
        "slaProperties": [{"property": HARM, "value": HARM, "unit": HARM, "description": HARM}],
        "schema": [{"name": "order", "businessName": HARM, "description": HARM, "properties": properties}],
    }
