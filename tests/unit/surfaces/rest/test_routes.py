"""The routes are those that the reference lists, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from trunkline.surfaces.rest.routes import ROUTES

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "registry.md").read_text("utf-8")


# The reference has every route, with the members of its body.
def test_the_reference():
    lines = dict(re.findall(r"^\| `([A-Z]+ /api/v1[^`]*)` \|(.*)$", PAGE, re.MULTILINE))
    assert lines.keys() == {f"{one.method} /api/v1{one.path}" for one in ROUTES} | {
        "GET /api/v1/openapi.json"
    }
    for one in ROUTES:
        members = [field.name for field in msgspec.structs.fields(one.body)] if one.body else []
        line = lines[f"{one.method} /api/v1{one.path}"]
        assert [name for name in members if f"`{name}`" not in line] == []


# What writes is never asked with GET, and always says why.
def test_writing():
    for one in ROUTES:
        assert not (one.writes and one.method == "GET")
        assert not one.writes or "why" in {field.name for field in msgspec.structs.fields(one.body)}
