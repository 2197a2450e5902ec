"""Mappings run on generated documents: what is wrong is found, small, and told by its class."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract_files import prop
from tests.unit.app.testing.projects import project, put, text

from trunkline.app.testing.consumer import consumer_side

ID = text("id", minLength=1)


def run(loaded, most=300):
    flow = loaded.flows["give"]
    return consumer_side(flow, flow.contract, flow.target.contract, most, 0)


# A mapping that gives what the target asks for passes.
def test_a_good_mapping_passes(tmp_path):
    result = run(
        project(tmp_path, [ID, text("name")], [ID, text("title")], {"map": {"id": "id", "title": "name"}})
    )
    assert result.outcome == "passed", result
    assert result.looked_at > 10


# An output that the target refuses names the field, its expression, the reason, and the smallest document.
def test_an_output_that_is_refused(tmp_path):
    source = [ID, prop("name", "string"), prop("extra", "string"), prop("count", "integer", required=True)]
    target = [ID, prop("pieces", "integer", required=True, maximum=99)]
    result = run(project(tmp_path, source, target, {"map": {"id": "id", "pieces": "count"}}))
    [finding] = result.findings
    assert (result.outcome, finding.kind, finding.pointer) == ("failed", "contract", "/pieces")
    assert finding.reason == "expected at most 99"
    assert finding.expression == "pieces: count"
    assert finding.example.keys() == {"id", "count"}
    assert finding.example["count"] >= 100
    assert result.faulty == finding.count > 0


# A field that is sometimes absent is found though most documents have it.
def test_an_optional_field_that_is_needed(tmp_path):
    result = run(
        project(
            tmp_path,
            [ID, prop("name", "string")],
            [ID, text("title")],
            {"map": {"id": "id", "title": "name"}},
        )
    )
    told = {one.reason: one for one in result.findings}
    assert {(one.kind, one.pointer) for one in result.findings} == {("contract", "/title")}
    assert told["is required"].example == {"id": told["is required"].example["id"]}
    assert told["expected a string"].example["name"] is None


# An expression that breaks on a record is a mapping error of its field, without a value of the record.
def test_an_expression_that_breaks(tmp_path):
    source, target = [ID, prop("name", "string")], [ID, prop("n", "string")]
    result = run(project(tmp_path, source, target, {"map": {"id": "id", "n": "$string($number(name))"}}))
    finding = next(one for one in result.findings if one.kind == "mapping")
    assert (finding.pointer, finding.expression) == ("/n", "n: $string($number(name))")
    assert "JSONata error" in finding.reason


# An expression without an end is a class of its own, and stops the flow before it takes for ever.
def test_over_the_limits(tmp_path):
    endless = "($f := function($n) { 1 + $f($n + 1) }; $string($f($length(id))))"
    result = run(project(tmp_path, [ID], [ID, prop("n", "string")], {"map": {"id": "id", "n": endless}}))
    assert {one.kind for one in result.findings} == {"limit"}
    assert result.looked_at <= 20


# A Python function is run as delivery runs it: what it raises is a mapping error with its place.
def test_python(tmp_path):
    put(tmp_path / "mappings/m.py", "def f(record):\n    return {'id': record['name']}\n")
    source = [ID, prop("name", "string")]
    result = run(project(tmp_path, source, [ID], {"python": "mappings.m:f"}))
    [finding] = [one for one in result.findings if one.kind == "mapping"]
    assert "KeyError in m.py line 2" in finding.reason
    assert "name" not in finding.example


# What an HTTP request cannot be made of is found before a target sees it.
def test_a_request_that_cannot_be_made(tmp_path):
    loaded = project(tmp_path, [text("id")], [text("id")], {"map": {"id": "id"}})
    [finding] = run(loaded).findings
    assert (finding.kind, finding.example) == ("request", {"id": ""})


# A rule that drops every document tested nothing, and that is told.
def test_everything_dropped(tmp_path):
    loaded = project(tmp_path, [ID], [ID], {"map": {"id": "id"}, "when": "id = 'a' and id = 'b'"})
    result = run(loaded)
    assert result.outcome == "skipped"
    assert "drops all" in result.summary


# A rule on a free text is met by the text it compares with; what is behind it is tested.
def test_what_a_rule_lets_through_is_tested(tmp_path):
    target = [ID, prop("state", "string", required=True, pattern="^open$")]
    flow = {"map": {"id": "id", "state": "state"}, "when": "state = 'shipped today'"}
    result = run(project(tmp_path, [ID, text("state")], target, flow))
    assert (result.outcome, result.findings[0].pointer) == ("failed", "/state")


KINDS = {
    "string": st.fixed_dictionaries(
        {}, optional={"minLength": st.integers(1, 3), "maxLength": st.integers(3, 9)}
    ),
    "integer": st.fixed_dictionaries(
        {}, optional={"minimum": st.integers(-9, 3), "maximum": st.integers(3, 9)}
    ),
    "number": st.fixed_dictionaries(
        {}, optional={"minimum": st.integers(-9, 3), "maximum": st.integers(3, 9)}
    ),
    "boolean": st.just({}),
    "date": st.just({}),
}
FIELDS = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(
        lambda kind: st.builds(
            lambda options, required: (kind, options, required), KINDS[kind], st.booleans()
        )
    ),
    max_size=5,
)
ONE_TEXT = prop("id", "string", required=True, minLength=1, pattern="^[a-z]+$")
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def properties(fields):
    made = (
        prop(f"f{at}", kind, required=required, **options)
        for at, (kind, options, required) in enumerate(fields)
    )
    return [ONE_TEXT, *made]


# Whatever a contract asks for, an identity mapping onto the same contract never fails.
@PROPERTY
@given(fields=FIELDS)
def test_identity_never_fails(tmp_path, fields):
    result = run(project(tmp_path, properties(fields), properties(fields), {}), most=80)
    assert result.outcome == "passed", result.findings


# Whatever else a contract asks for, a planted bad line of a mapping is found, at its field.
@PROPERTY
@given(
    fields=FIELDS,
    bad=st.sampled_from(["$string(id) & '!'", "$uppercase(id)", "$substring(id, 0, 0)", "$length(id)"]),
)
def test_a_planted_bad_mapping_is_found(tmp_path, fields, bad):
    names = {one["name"]: f"{one['name']}" for one in properties(fields)}
    target = [*properties(fields), prop("copy", "string", required=True, pattern="^[a-z]+$")]
    loaded = project(tmp_path, properties(fields), target, {"map": names | {"copy": bad}})
    result = run(loaded, most=80)
    assert "/copy" in {one.pointer for one in result.findings}


# Generated documents show nobody's data, and the same test gives the same result.
def test_deterministic(tmp_path):
    loaded = project(
        tmp_path, [ID, prop("name", "string")], [ID, text("title")], {"map": {"id": "id", "title": "name"}}
    )
    assert run(loaded) == run(loaded)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_documents_than_asked_for(tmp_path, most):
    assert run(project(tmp_path, [ID], [ID], {}), most).looked_at == most
