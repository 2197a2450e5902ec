"""The gate's page for a change request: a line a flow, then rule by rule, whatever stands in the files."""

from __future__ import annotations

from tests.unit.app.gate.conftest import FLOW, SHOP

from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.report import markdown, said
from trunkline.app.project import Project
from trunkline.kernel.faults import Fault, Place


# A page has the flow's verdict, every rule with its result, and what to do.
def test_a_page(folder, edit):
    edit(FLOW, "consistency: eventual, ", "")
    page = markdown("shop", verdicts(Project.load(folder)), [])
    assert f"| orders-to-warehouse | {FLOW} | refused | 1 | 0 |" in page
    assert "| Data owner | passes | E-commerce, for shop |  |" in page
    assert "| Consistency and latency | **to mend** | needs says no consistency | write needs:" in page


# Faults of files are listed, and a project without a flow that can be read says so.
def test_faults():
    page = markdown("", [], [Fault(Place("flows/x.yaml", 1, 2), "no target")])
    assert "- flows/x.yaml:1:2: no target" in page
    assert "no flow that could be read" in page


# A text of the project's files is text on the page and no mark-up.
def test_marks_in_texts(folder, edit):
    edit(SHOP, "team: E-commerce", 'team: "a | b <img> [x](y) `z`"')
    page = markdown("shop", verdicts(Project.load(folder)), [])
    assert "a \\| b \\<img\\> \\[x\\](y) \\`z\\`, for shop" in page


# A draft is called one, with what would become of it.
def test_a_draft_is_called_one(folder, edit):
    edit(FLOW, "needs:", "draft: true\nneeds:")
    assert said(verdicts(Project.load(folder))[0]) == "draft, passes"
    edit(FLOW, "consistency: eventual, ", "")
    assert said(verdicts(Project.load(folder))[0]) == "draft, would be refused"
