"""What a page shows, as a file."""

from __future__ import annotations

import json

import msgspec

from trunkline.surfaces.dashboard.exports import as_csv, as_json


class Row(msgspec.Struct):
    name: str
    count: int
    known: bool = True
    parts: tuple[str, ...] = ()
    at: str | None = None


# A spreadsheet computes nothing of what others sent: such a text has a quote before it.
def test_no_formula():
    text = as_csv([Row('=HYPERLINK("x")', -1), Row("+1", 2), Row("@a", 3), Row("plain", 4)]).decode()
    head, *lines = text.splitlines()
    assert head == "name,count,known,parts,at"
    assert [line.partition(",")[0].strip('"')[0] for line in lines] == ["'", "'", "'", "p"]
    assert lines[0].endswith(",-1,yes,[],")


# A page with no row is an empty file.
def test_no_rows():
    assert as_csv([]) == b""


# JSON says which page it is, and of when.
def test_json():
    shown = json.loads(as_json("Flows", 0, [Row("a", 1)]))
    assert shown["page"] == "Flows"
    assert shown["at"] == "1970-01-01T00:00:00Z"
    assert shown["data"][0]["name"] == "a"
