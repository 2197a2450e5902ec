"""The gate asks how fresh and consistent data has to be, how often it is tried, and by what pattern."""

from __future__ import annotations

import pytest
from tests.unit.app.gate.conftest import FLOW, SHOP, WAREHOUSE

from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.course import unseen
from trunkline.app.gate.values import Case
from trunkline.app.project import Project
from trunkline.kernel.faults import Fault, Place

NEEDS = "needs: {freshness: 5s, consistency: eventual, delivery: effectively-once}"
RETRY = "retry: {attempts: 15, first: 1s, longest: 1h}"
ALERTS = "alerts: [{when: freshness > 60s, for: 2m, severity: page}]"
NIGHTLY = "{stream: order, name: export, via: files, folder: in%s}"


@pytest.fixture
def into_http(folder, edit):
    accepts = (folder / WAREHOUSE).read_text().split("accepts:\n")[1]
    edit(
        WAREHOUSE, accepts, '  - {name: orders, contract: warehouse-order@1, via: http, request: "PUT /o"}\n'
    )
    edit(WAREHOUSE, "sqlite: state/warehouse.db", "url: https://warehouse.example.com")


# Freshness and consistency are both said in the file: a default is nobody's decision.
@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ("{freshness: 5s}", "needs says no consistency"),
        ("{consistency: eventual}", "needs says no freshness"),
        ("{}", "needs says no freshness and no consistency"),
        ("{freshness: 5s, consistency: immediate}", "immediate is promised and nobody waits"),
    ],
)
def test_what_nobody_decided(edit, found, needs, said):
    edit(FLOW, NEEDS, f"needs: {needs}")
    assert found("consistency").status == "error"
    assert said in found("consistency").shown
    assert FLOW in found("consistency").do


# The default of retries passes and is shown; a first wait beyond freshness contradicts it.
@pytest.mark.parametrize(
    ("retry", "status", "said"),
    [
        ("retry: {}", "pass", "the default: 8 attempts within 3d, waits of 1s to 1d"),
        (RETRY, "pass", "15 attempts within 3d, waits of 1s to 1h"),
        ("retry: {first: 1m}", "error", "the first wait may be 1m, and freshness is 5s"),
        ("retry: {attempts: 1, first: 1m}", "pass", "1 attempt within"),
    ],
)
def test_retries(edit, found, retry, status, said):
    edit(FLOW, RETRY, retry)
    assert found("retry").status == status
    assert said in found("retry").shown


# One attempt over a network makes a dead letter of every hiccup.
@pytest.mark.usefixtures("into_http")
def test_one_attempt_over_a_network(edit, found):
    edit(FLOW, RETRY, "retry: {attempts: 1}")
    assert (found("retry").status, found("retry").do) == (
        "error",
        f"write retry: {{attempts: 8}}, or leave retry out, in {FLOW}",
    )


# Data that may come late without anybody being told is advice, and stops nothing.
def test_lateness(folder, edit, found):
    assert found("late-is-told").shown == "told above 60s"
    edit(FLOW, ALERTS, "alerts: [{when: dead > 0}]")
    assert found("late-is-told").shown == "told above 1m, by the default rule flow-late"
    edit("trunkline.yaml", "project:", "alerts: {without: [flow-late]}\nproject:")
    assert found("late-is-told").status == "advice"
    assert "freshness > 1m" in found("late-is-told").do
    assert verdicts(Project.load(folder))[0].passes
    edit(FLOW, RETRY, "retry: {total: 5s}")
    assert found("late-is-told").status == "pass"


# A nightly file is refused under a freshness of a minute, also where nobody says when it comes.
@pytest.mark.parametrize(
    ("every", "freshness", "said"),
    [
        (
            ", every: 1d",
            "60s",
            "shop/export: files come every 1d, so what is in them is older than freshness 1m",
        ),
        ("", "60s", "files come every 1d (nothing says otherwise)"),
        (", every: 1h", "1h", "files come every 1h"),
        (", every: 1h", "2h", ""),
        ("", "2d", ""),
    ],
)
def test_a_nightly_file(edit, found, every, freshness, said):
    edit(FLOW, "freshness: 5s", f"freshness: {freshness}")
    edit(SHOP, "publishes:\n", f"publishes:\n  - {NIGHTLY % every}\n")
    assert found("pattern").status == ("error" if said else "pass")
    assert said in found("pattern").shown
    assert ("every: 15m" in found("pattern").do) == ("nothing says otherwise" in said)


# What nobody answers at once cannot be promised at once.
def test_immediate_by_a_webhook(edit, found):
    edit(FLOW, "consistency: eventual", "consistency: immediate")
    assert "the sender is answered before the target has the record" in found("pattern").shown


# A credential in a file that the flow is made of stops it; one elsewhere does not.
def test_a_credential_in_a_file(folder):
    project = Project.load(folder)
    [flow] = project.flows.values()
    here, there = (Fault(Place(file, 3, 7), "a key of a cloud") for file in (FLOW, "flows/other.yaml"))
    assert unseen(Case(project, flow, (there,))).do == ""
    answer = unseen(Case(project, flow, (here, there)))
    assert answer.shown == f"{FLOW}:3:7: a key of a cloud"
    assert "secret://system/name" in answer.do
