"""The page of limits holds every bound with its value: a changed default fails here."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import msgspec
import pytest

from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.app.model import BreakerSettings, BudgetSettings, Retry
from trunkline.intake.quarantine import QuarantineLimits
from trunkline.kernel.limits import Limits

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "limits.md").read_text("utf-8")
PARTS = {title: text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}
OF_OTHERS = {"limits", "dedupe_shape", "rules"}
"""Fields that are told elsewhere: the process's limits, how keys are grouped, rules of retries."""


def rows(text):
    """Return the first two cells of each row of a table."""
    return dict(re.findall(r"^\| `?([^|`]+?)`? \| ([^|]+?) \|", text, re.MULTILINE))


def part(beginning):
    [text] = [text for title, text in PARTS.items() if title.startswith(beginning)]
    return text


def told(value):
    return f"{int(value):,}" if isinstance(value, int | float) else value


# Every field of every struct of limits has its row, with its default, and no row is left over.
@pytest.mark.parametrize(
    ("title", "struct"),
    [
        ("What one process takes in", Limits),
        ("The log", LogSettings),
        ("The quarantine", QuarantineLimits),
        ("Retries", Retry),
        ("The breaker", BreakerSettings),
        ("The retry budget", BudgetSettings),
    ],
)
def test_the_structs(title, struct):
    shown = {name: value for name, value in rows(part(title)).items() if name not in {"setting", "---"}}
    fields = {
        field.name: told(field.default)
        for field in msgspec.structs.fields(struct)
        if field.name not in OF_OTHERS
    }
    assert shown == fields


# Every fixed bound has the value that the code has.
def test_the_constants():
    found = re.findall(r"^\| [^|]+ \| ([\d,]+) \| `([\w.]+)\.([A-Z_]+)` \|$", part("Fixed"), re.MULTILINE)
    assert len(found) == part("Fixed").count("\n|") - 2
    wrong = [
        f"{module}.{name}"
        for value, module, name in found
        if told(getattr(importlib.import_module(f"trunkline.{module}"), name)) != value
    ]
    assert wrong == []
