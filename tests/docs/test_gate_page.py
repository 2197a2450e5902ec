"""The page of the gate and its rules are one: ids in their order, titles, severities and reasons."""

from __future__ import annotations

import re

from tests.docs.blocks import ROOT

from trunkline.app.gate.rules import RULES

PAGE = (ROOT / "docs" / "reference" / "gate.md").read_text("utf-8")


# Every rule has its part, in the order it is shown, which begins with its title, severity and reason.
def test_every_rule_has_its_part():
    parts = re.findall(r"^## `([a-z-]+)`\n\n(.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
    expected = [(rule.id, f"{rule.title}. {rule.severity.capitalize()}. {rule.why}") for rule in RULES]
    assert [(name, " ".join(text.split())) for name, text in parts] == expected
