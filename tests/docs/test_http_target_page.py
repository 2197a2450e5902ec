"""The page of HTTP targets tells what comes of each fault as the tests find it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.http_faults import TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "http-target.md").read_text("utf-8")


# The table of the page has the rows of the table that the tests make happen: the same words, kind and
# consequence, and what to do for everything that is no success.
def test_what_comes_of_it():
    table = PAGE.partition("## What comes of it\n\n")[2].partition("\n\n")[0]
    told = {}
    for line in table.splitlines()[2:]:
        happens, kind, then, advice = re.split(r"\s*\|\s*", line)[1:-1]
        told[happens] = (re.findall("`([a-z-]+)", kind), then, bool(advice))
    found = {
        happens: ([row.kind] * bool(row.kind), row.then, bool(row.kind)) for happens, row in TABLE.items()
    }
    assert told == found
