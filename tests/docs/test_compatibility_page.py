"""The page on compatibility says what holds: its classes, its examples, its table of policies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.blocks import all_blocks

from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.kinds import KINDS

PAGE = "docs/reference/compatibility.md"
TEXT = (Path(__file__).parents[2] / PAGE).read_text("utf-8")


# Every class of change has its line.
def test_classes():
    part = TEXT.split("## Classes of change")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE) == list(KINDS)


# The Python on the page runs.
def test_python():
    for block in all_blocks("python"):
        if block.page == PAGE:
            exec(compile(block.text, PAGE, "exec"), {})


def obj(*names, required=(), **rest):
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": [*required],
        **rest,
    }


# The table of policies is what the policies do.
@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("an optional field is added", obj("a"), obj("a", "b")),
        (
            "the same, and other fields are refused",
            obj("a", additionalProperties=False),
            obj("a", "b", additionalProperties=False),
        ),
        ("it is removed", obj("a", "b"), obj("a")),
        ("a field becomes required", obj("a"), obj("a", required=["a"])),
        ("a value of a list goes", {"enum": ["x", "y"]}, {"enum": ["x"]}),
    ],
)
def test_policies(line, old, new):
    [row] = [row for row in TEXT.splitlines() if row.startswith(f"| {line} |")]
    told = [re.match(r" (\w+), (\w+)", cell).groups() for cell in row.split("|")[2:4]]
    done = [compare(old, new, policy) for policy in ("strict", "practical")]
    assert told == [(found.effect("backward"), found.effect("forward")) for found in done]
