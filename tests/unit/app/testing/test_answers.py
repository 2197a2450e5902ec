"""The replies of flows beside the answers that an OpenAPI file describes."""

from __future__ import annotations

import pytest
from tests.contract_files import prop
from tests.unit.app.testing.projects import named, put, spec, text, write

from trunkline.app.project import Project
from trunkline.app.testing.openapi import openapi_side
from trunkline.app.testing.spec import Spec

ID = text("id", minLength=1)
ASKS = """
system: till
owner: {team: t, contact: t@example.com}
publishes: [{stream: thing, via: request, path: /ask, verify: none}]
"""
ANSWER = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "string"}, "m": {"type": "integer"}},
}


def held(folder, reply, answer=ANSWER, status="200"):
    write(folder, [ID, prop("n", "integer")], [ID], {"map": {"id": "id"}, "reply": reply})
    put(folder / "systems/till.yaml", ASKS)
    put(folder / "contracts/thing.odcs.yaml", named("thing", [ID]))
    loaded = Project.load(folder)
    content = {} if answer is None else {"content": {"application/json": {"schema": answer}}}
    value = spec({}, responses={status: {"description": "ok"} | content})
    target = loaded.targets["shop.take"]
    return openapi_side(target, target.contract, Spec(value), list(loaded.flows.values()), 200, 0)


# A reply that fits every success that is described passes, also one that reads nothing of the body.
@pytest.mark.parametrize("reply", ["body.n", {"n": "body.n", "code": "status"}, "body"])
def test_a_reply_that_fits(tmp_path, reply):
    assert held(tmp_path, reply).outcome == "passed"


# An expression that breaks on an answer that may come is told, with the smallest such answer.
def test_a_reply_that_breaks(tmp_path):
    findings = held(tmp_path, "$number(body.n)").findings
    assert {one.kind for one in findings} == {"reply"}
    assert "flow give" in findings[0].reason
    assert "n" in findings[0].example


# A member that no success has is named; where the body is open, nothing is known.
def test_a_member_that_no_answer_has(tmp_path):
    [finding] = held(tmp_path, {"a": "body.quantity"}).findings
    assert 'reads "body.quantity"' in finding.reason
    assert held(tmp_path, {"a": "body.quantity"}, {}).outcome == "passed"
    assert held(tmp_path, {"a": "body.quantity"}, ANSWER | {"additionalProperties": {}}).outcome == "passed"


# What is only in requests need not be in an answer, and an answer without a body has no member at all.
def test_bodies(tmp_path):
    secret = ANSWER | {
        "required": ["n", "p"],
        "properties": ANSWER["properties"] | {"p": {"writeOnly": True}},
    }
    assert held(tmp_path, "body.n", secret).outcome == "passed"
    assert 'reads "body.n"' in held(tmp_path, "body.n", None, "204").findings[0].reason


# Of failures nothing is passed on, so what is said of them does not count.
def test_failures_do_not_count(tmp_path):
    assert held(tmp_path, "body.quantity", ANSWER, "404").outcome == "passed"


# A schema that cannot be used says so.
def test_unusable(tmp_path):
    assert held(tmp_path, "body.n", {"type": "nonsense"}).findings[0].kind == "spec"
