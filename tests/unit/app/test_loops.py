"""Circles of systems are found, and end where a flow drops what only comes back, or says why nothing does."""

from __future__ import annotations

import pytest
from tests.unit.app import two_ways

from trunkline.app.gate.admission import verdicts
from trunkline.app.init import init
from trunkline.app.loops import circle_of, circles, ending, pairs
from trunkline.app.project import Project


def refused(project):
    return [one.flow for one in verdicts(project) for each in one.errors if each.rule == "loop"]


# Two systems that feed each other are a circle, and both flows are told until it ends somewhere.
def test_a_circle(tmp_path):
    project = two_ways.write(tmp_path)
    assert pairs(project) == {("crm", "shop"), ("shop", "crm")}
    assert circles(project) == [["crm", "shop", "crm"]]
    assert circle_of(project, project.flows["back"]) == ["shop", "crm", "shop"]
    assert refused(project) == ["back", "there"]


# One flow that ends it is enough: by a rule on the field of origin, or by a reason in its file.
@pytest.mark.parametrize(
    "back",
    [two_ways.BACK + two_ways.DROPS, two_ways.BACK + "loop: the register is silent about what we write\n"],
)
def test_where_it_ends(tmp_path, back):
    project = two_ways.write(tmp_path, back=back)
    assert ending(project.flows["back"])
    assert refused(project) == []
    assert circles(project) == [["crm", "shop", "crm"]]


# A rule on anything else ends nothing, nor does one where the contract names no origin.
def test_where_it_does_not(tmp_path):
    project = two_ways.write(tmp_path, back=two_ways.BACK + "when: email != ''\n")
    assert refused(project) == ["back", "there"]
    two_ways.write(tmp_path, back=two_ways.BACK + two_ways.DROPS)
    contract = tmp_path / "contracts/shop-customer.odcs.yaml"
    contract.write_text(contract.read_text().replace("property: origin", "property: note"))
    assert refused(Project.load(tmp_path)) == ["back", "there"]


# Systems in a row are no circle, and one that hears of its own records is none either.
def test_no_circle(tmp_path):
    project = Project.load(init(tmp_path / "shop").folder)
    assert (circles(project), refused(project)) == ([], [])
    (tmp_path / "two").mkdir()
    two_ways.write(tmp_path / "two")
    (tmp_path / "two/flows/back.yaml").unlink()
    (tmp_path / "two/flows/own.yaml").write_text(
        two_ways.FLOW.format(name="own", stream="customer@1", target="crm.customers", more="")
    )
    assert circles(Project.load(tmp_path / "two")) == []
