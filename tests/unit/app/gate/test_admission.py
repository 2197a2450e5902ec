"""Only what passes the gate runs; a draft runs where somebody allows it."""

from __future__ import annotations

import pytest
from tests.unit.app.gate.conftest import FLOW

from trunkline.app.gate.admission import admit, verdicts
from trunkline.app.gate.rules import RULES
from trunkline.app.project import Project
from trunkline.kernel.errors import GateError

NAME = "orders-to-warehouse"


# Every rule is asked of every flow, and the written project passes all of them.
def test_the_written_project_passes(folder):
    [verdict] = verdicts(Project.load(folder))
    assert [one.rule for one in verdict.findings] == [rule.id for rule in RULES]
    assert [one for one in verdict.findings if one.status != "pass"] == []
    assert admit(Project.load(folder)).flows == (NAME,)


# A refusal names each finding, what to do, and the way to run a draft.
def test_a_refusal(folder, edit):
    edit(FLOW, "consistency: eventual, ", "")
    edit("systems/shop.yaml", "title: Web shop\n", "")
    with pytest.raises(GateError) as refused:
        admit(Project.load(folder))
    lines = str(refused.value).splitlines()
    assert lines[0] == f"flow {NAME} does not pass the gate ({FLOW}):"
    assert [line.split(":")[0].strip() for line in lines[1:3]] == ["catalogued", "consistency"]
    assert "draft: true" in lines[3]
    assert "--allow-draft" in lines[3]


# A draft is not admitted, whether or not it passes, until somebody allows drafts; then it is, either way.
@pytest.mark.parametrize("broken", [True, False])
def test_a_draft(folder, edit, broken):
    edit(FLOW, "needs:", "draft: true\nneeds:")
    if broken:
        edit(FLOW, "consistency: eventual, ", "")
    project = Project.load(folder)
    assert (admit(project).flows, admit(project).drafts) == ((), (NAME,))
    assert (admit(project, allow_draft=True).flows, admit(project, allow_draft=True).drafts) == ((NAME,), ())


# To allow drafts lets no flow through that is none.
def test_allowing_drafts_is_for_drafts(folder, edit):
    edit(FLOW, "consistency: eventual, ", "")
    with pytest.raises(GateError):
        admit(Project.load(folder), allow_draft=True)
