"""Advice becomes a flow's file that loads, as a draft, and nothing is overwritten."""

from __future__ import annotations

import pytest

from trunkline.app.advice.advice import advise
from trunkline.app.advice.drafting import write_flow
from trunkline.app.advice.question import Question
from trunkline.app.gate.admission import verdicts
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.kernel.errors import TrunklineError

ENDS = ("order@1", "warehouse.orders")
NEEDED = Question(source_can=frozenset({"webhook"}), freshness_seconds=60.0, target_can="table", per_day=1000)


@pytest.fixture
def project(tmp_path):
    return Project.load(init(tmp_path / "shop").folder)


def written(project, question=NEEDED, ends=ENDS, name="flows/again.yaml"):
    write_flow(project, advise(question), question, ends, project.folder / name)
    return Project.load(project.folder).flows["again"]


# The file loads as a draft with what was asked for and the fields of the same name; of the gate only the rest
# of the mapping is left to mend.
def test_a_flow(project):
    flow = written(project)
    assert (flow.contract.stream, flow.target.name, flow.settings.draft) == (*ENDS, True)
    assert (flow.settings.needs.freshness, flow.settings.needs.consistency) == ("1m", "eventual")
    assert (flow.settings.map["email"], flow.settings.map["pieces"]) == ("email", "null")
    assert flow.retry.attempts == 15
    [refused] = [one for one in verdicts(Project.load(project.folder)) if not one.passes]
    assert [(one.rule, "pieces" in one.shown) for one in refused.errors] == [("mapping", True)]


# The reason and what to mind stand in the file; what has no connector yet is told there.
def test_comments(project):
    written(project)
    text = (project.folder / "flows/again.yaml").read_text()
    assert text.startswith("# Advised: webhook, as the source posts each change")
    assert "# Mind: " in text
    (project.folder / "flows/again.yaml").unlink()
    question = Question(source_can=frozenset({"cdc"}), target_can="table")
    written(project, question)
    assert "no connector for it" in (project.folder / "flows/again.yaml").read_text()


# What is there stays, and what cannot be is told with the near miss.
@pytest.mark.parametrize(
    ("ends", "name", "words"),
    [
        (ENDS, "flows/orders-to-warehouse.yaml", "already"),
        (ENDS, "flow/again.yaml", "would not be read"),
        (ENDS, "flows/again.txt", "would not be read"),
        (("oders", ENDS[1]), "flows/again.yaml", 'did you mean "order"?'),
        ((ENDS[0], "warehouse.order"), "flows/again.yaml", 'did you mean "warehouse.orders"?'),
    ],
)
def test_what_cannot_be(project, ends, name, words):
    with pytest.raises(TrunklineError, match=words.replace("?", r"\?")):
        written(project, ends=ends, name=name)


# A file that is no flow's yet but there is left as it is, and where nothing fits nothing is written.
def test_nothing_is_overwritten(project):
    there = project.folder / "flows/again.yaml"
    there.write_text("# mine\n")
    with pytest.raises(TrunklineError, match="is there already"):
        write_flow(project, advise(NEEDED), NEEDED, ENDS, there)
    assert there.read_text() == "# mine\n"
    with pytest.raises(TrunklineError, match="no pattern fits"):
        write_flow(project, advise(Question()), Question(), ENDS, there)
