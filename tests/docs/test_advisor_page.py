"""The page of the advisor and its tables are one: patterns, rules, settings, cautions."""

from __future__ import annotations

import re

import pytest
from tests.docs.blocks import ROOT

from trunkline.app.advice.advice import CAUTIONS, CHOICES
from trunkline.app.advice.rules import PATTERNS, RULES

PAGE = (ROOT / "docs" / "reference" / "advisor.md").read_text("utf-8")


def rows(part):
    """Return the cells of the table of a part, without its head."""
    [text] = re.findall(rf"^## {part}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# Every pattern has its line, best first, with its kind of source.
def test_patterns():
    assert [[name, is_, via] for name, is_, via in rows("Patterns")] == [
        [f"`{one.name}`", f"{one.title}: {one.how}", f"`via: {one.via}`" if one.via else "no connector"]
        for one in PATTERNS
    ]


# Every rule has its line with what it rules out and why.
def test_rules():
    assert rows("Rules") == [[f"`{one.id}`", ", ".join(one.patterns), one.why] for one in RULES]


# Every setting and every caution has its line.
@pytest.mark.parametrize(
    ("part", "cell", "expected"),
    [
        ("Settings", 0, [one.name for one in CHOICES]),
        ("Cautions", 0, [f"`{one.id}`" for one in CAUTIONS]),
        ("Cautions", 2, [one.says for one in CAUTIONS]),
    ],
)
def test_settings_and_cautions(part, cell, expected):
    assert [row[cell] for row in rows(part)] == expected
