"""The page of alerts and its tables are one with the code: measures, default rules, labels, settings."""

from __future__ import annotations

import re

import msgspec
import pytest
from tests.docs.blocks import ROOT

from trunkline.app.alerting import settings
from trunkline.app.alerting.measures import LABELS, MEASURES
from trunkline.app.alerting.rules import DEFAULTS, DISK, DISK_MEANS, LATE, LATE_MEANS, OLD, OLD_MEANS
from trunkline.observe.alerts.rule import PAGING

PAGE = (ROOT / "docs" / "reference" / "alerts.md").read_text("utf-8")
BOUNDS = {"duration": "`60s`", "count": "`10`", "share": "`2%`", "size": "`5GB`", "times": "`3x`"}


def rows(head):
    """Return the cells of the table that begins with such a head, without it."""
    [text] = re.findall(rf"^\| {re.escape(head)} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


# Every measure has its line.
def test_measures():
    assert rows("measure | of a | bound | is") == [
        [f"`{one.name}`", one.about, BOUNDS[one.unit], one.means] for one in MEASURES.values()
    ]


# Every default rule has its line, as it holds.
def test_default_rules():
    late, disk, old, *rest = rows("rule | when | for | keep | severity | means")
    assert (late[0], late[-1]) == (f"`{LATE}`", LATE_MEANS)
    assert (disk[0], disk[-1]) == (f"`{DISK}`", DISK_MEANS)
    assert (old[0], old[-1]) == (f"`{OLD}`", OLD_MEANS)
    assert rest == [
        [f"`{name}`", f"`{one.when}`", one.for_, one.keep, one.severity, means]
        for name, (one, means) in DEFAULTS.items()
    ]


# Every label has its place.
def test_labels():
    assert rows("of a | labels") == [
        [about, ", ".join(f"`{name}`" for name in names)] for about, names in LABELS.items()
    ]


# The paces of a burn rate are those of the code.
def test_paces():
    assert [float(row[0]) for row in rows("rate | long window | short window | spends")] == [
        pace.factor for pace in PAGING
    ]


# Every key that can be written is named.
@pytest.mark.parametrize(
    "struct",
    [
        value
        for value in vars(settings).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == settings.__name__
    ],
)
def test_settings(struct):
    names = [field.encode_name for field in msgspec.structs.fields(struct)]
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []
