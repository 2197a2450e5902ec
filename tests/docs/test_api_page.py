"""The page of the API has every operation, as it is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from trunkline.surfaces.rest.operations import OPERATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text("utf-8")


# Each operation has its row: method, path, permission, whether it is a list, and what for.
def test_operations():
    rows = re.findall(r"^\| `(GET|POST) (\S+)` \| (\w+) \| (\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (one.method, one.path, one.may, "page" if one.pages else "list" if one.lists else "one", one.does)
        for one in OPERATIONS
    ]
