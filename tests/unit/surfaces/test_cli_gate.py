"""The gate for a person: beside each other where there is room, under each other on a phone."""

from __future__ import annotations

import pytest

from trunkline.app.gate.values import Finding, Verdict
from trunkline.surfaces.cli.gate import lines

FINDINGS = (
    Finding("data-owner", "Data owner", "pass", "E-commerce, for shop"),
    Finding("classified", "Fields classified", "error", "order@1.0.0: " + "name " * 20, "write it in a file"),
)
VERDICT = Verdict("orders", "flows/orders.yaml", draft=False, passes=False, findings=FINDINGS)


# Nothing is wider than the terminal, what is to mend is marked, and what to do stands below it.
@pytest.mark.parametrize("width", [40, 79, 80, 100])
def test_width(width):
    printed = list(lines(VERDICT, width))
    assert max(map(len, printed[1:])) <= width
    assert printed[0] == "flow orders does not pass the gate: 1 to mend (flows/orders.yaml)"
    assert any(line.startswith("  MEND  Fields classified") for line in printed)
    assert printed[-1].strip() == "-> write it in a file"


# Into a pipe a finding is one line.
def test_a_pipe():
    assert len(list(lines(VERDICT, None))) == 3


# A draft is called one.
def test_a_draft():
    passing = Verdict("orders", "flows/orders.yaml", draft=True, passes=True, findings=FINDINGS[:1])
    assert next(lines(passing, 80)) == "flow orders is a draft and passes the gate (flows/orders.yaml)"
