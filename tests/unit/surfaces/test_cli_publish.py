"""``trunkline publish`` stores records before it ends, and tells which were refused and why."""

from __future__ import annotations

import io
import json
import sys

import pytest


# Each record is counted by what became of it.
def test_counts(trunkline, orders):
    path = orders(3)
    assert trunkline("publish", "order", "--file", path)[:2] == (0, "3 accepted, 0 duplicate, 0 refused.\n")
    assert trunkline("publish", "order", "--file", path)[1] == "0 accepted, 3 duplicate, 0 refused.\n"


# A refused record is named by its place and field, repeats no value, and ends it with 1.
def test_refused(trunkline, orders):
    code, _, err = trunkline("publish", "order", "--file", orders(2, email="bob-at-home"))
    assert code == 1
    assert "orders.jsonl record 2: /email" in err
    assert "bob" not in err


# With --json each record has its receipt, in order.
def test_receipts(trunkline, orders):
    out = trunkline("publish", "order", "--file", orders(2), "--json")[1]
    assert [json.loads(line)["offset"] for line in out.splitlines()] == [0, 1]


# Standard input is taken as well.
def test_standard_input(trunkline, orders, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(orders(2).read_bytes())))
    assert trunkline("publish", "order")[1].startswith("2 accepted")


# By line, equal lines of one file are both real and the same file is known.
def test_by_line(trunkline, folder):
    order = json.dumps(json.loads((folder / "examples/order.json").read_text()))
    path = folder / "twice.jsonl"
    path.write_text(f"{order}\n{order}\n")
    by_line = ("publish", "order", "--identity", "line", "--file", path)
    assert trunkline(*by_line)[1].startswith("2 accepted")
    assert trunkline(*by_line)[1].startswith("0 accepted, 2 duplicate")


# A file or stream that is not there is one line that says so.
@pytest.mark.parametrize(
    ("words", "ends", "said"), [(["order", "--file", "/no"], 6, "/no"), (["ordr"], 2, "order")]
)
def test_mistakes(trunkline, orders, words, ends, said):
    path = orders(1)
    given = words if "--file" in words else [*words, "--file", path]
    code, _, err = trunkline("publish", *given)
    assert (code, len(err.splitlines())) == (ends, 1)
    assert said in err
