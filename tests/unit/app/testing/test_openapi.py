"""A target's published interface beside its contract: proved, refuted by a document, or tried."""

from __future__ import annotations

import pytest
from tests.contract_files import prop
from tests.unit.app.testing.projects import project, spec, text

from trunkline.app.testing.openapi import openapi_side
from trunkline.app.testing.spec import Spec

ID = text("id", minLength=1)
TAKEN = [ID, prop("n", "integer", minimum=0), prop("note", "string", maxLength=9)]
OURS = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "n": {"type": ["integer", "null"], "minimum": 0},
        "note": {"type": ["string", "null"]},
    },
}


def changed(**properties):
    return OURS | {"properties": OURS["properties"] | properties}


def held(folder, value, taken=TAKEN, **rest):
    request = rest.pop("request", "PUT /things/{id}")
    loaded = project(folder, [ID], taken, {"map": {"id": "id"}}, request, **rest)
    target = loaded.targets["shop.take"]
    return openapi_side(target, target.contract, Spec(value), list(loaded.flows.values()), 200, 0)


# A body that takes every record of the contract is proved to, also where other fields are refused.
@pytest.mark.parametrize("schema", [OURS, {}, True, {"$ref": "#/components/schemas/Ours"}])
def test_proved(tmp_path, schema):
    result = held(tmp_path, spec(schema, components={"schemas": {"Ours": OURS}}))
    assert (result.outcome, result.findings) == ("passed", ())
    assert "every record of taken@1.0.0" in result.summary


# 3.0 says the same in its own words.
def test_30(tmp_path):
    n = {"type": "integer", "nullable": True, "minimum": -1, "exclusiveMinimum": True, "example": 5}
    schema = changed(n=n, note={"type": "string", "nullable": True})
    assert held(tmp_path, spec(schema, openapi="3.0.3")).outcome == "passed"
    schema = changed(n={"type": "integer"}, note={"type": "string", "nullable": True})
    [finding] = held(tmp_path, spec(schema, openapi="3.0.3")).findings
    assert (finding.pointer, finding.example["n"]) == ("/n", None)


# What is refused is told by place and rule, with a small record of the contract that shows it.
@pytest.mark.parametrize(
    ("schema", "pointer", "reason"),
    [
        (changed(n={"type": ["integer", "null"], "maximum": 1000}), "/n", "expected at most 1000"),
        (
            changed(note={"type": ["string", "null"], "maxLength": 8}),
            "/note",
            "expected at most 8 characters",
        ),
        (OURS | {"required": ["id", "note"]}, "/note", "is required"),
        (changed(n=False), "/n", None),
        ({**OURS, "properties": {"id": {"type": "string"}}}, "/note", "no field of this name"),
    ],
)
def test_refused(tmp_path, schema, pointer, reason):
    result = held(tmp_path, spec(schema))
    assert result.outcome == "failed"
    found = [one for one in result.findings if one.pointer == pointer]
    assert found, result.findings
    assert reason is None or any(reason in one.reason for one in found)
    contract = project(tmp_path, [ID], TAKEN, {"map": {"id": "id"}}).contracts["taken@1"]
    assert all(contract.check(one.example) == () for one in found)


# What can neither be proved nor refuted is tried on documents, and that is told.
def test_undecided(tmp_path):
    result = held(tmp_path, spec(changed(id={"type": "string", "pattern": "^(?s:.)+$"})))
    assert result.outcome == "passed"
    assert "not proved" in result.summary


# A body of expressions is tried on documents.
def test_a_mapped_body(tmp_path):
    schema = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}
    assert held(tmp_path, spec(schema), body={"key": "id"}).outcome == "passed"
    [finding] = held(tmp_path, spec(schema), body={"key": "note"}).findings[:1]
    assert finding.pointer == "/key"


# A body that is not sent, not taken, or of another media type is told.
def test_bodies(tmp_path):
    assert "none is sent" in held(tmp_path, spec({}), body="none").findings[0].reason
    assert "one is sent" in held(tmp_path, spec({}, requestBody=None)).findings[0].reason
    forms = {"content": {"application/x-www-form-urlencoded": {}}}
    [finding] = held(tmp_path, spec({}, requestBody=forms)).findings
    assert (finding.kind, "not application/json" in finding.reason) == ("content-type", True)
    for accepted in ("application/json; charset=utf-8", "application/*", "*/*"):
        assert held(tmp_path, spec({}, requestBody={"content": {accepted: {}}})).outcome == "passed"
    own = {"headers": {"Content-Type": "application/merge-patch+json"}}
    assert held(tmp_path, spec({}), **own).findings[0].kind == "content-type"


def parameters(*listed):
    return spec({}, parameters=[{"required": True, **one} for one in listed])


# Values of path and query are held against what parameters take, as texts, numbers and lists.
def test_values_of_parameters(tmp_path):
    def of(place, name, schema, request="PUT /things/{id}?n={n}"):
        return held(
            tmp_path, parameters({"in": place, "name": name, "schema": schema}), request=request
        ).findings

    assert of("path", "id", {"type": "string"}) == ()
    [short] = of("path", "id", {"type": "string", "maxLength": 40})
    assert (short.kind, len(short.example["id"])) == ("parameter", 41)
    assert "does not take" in of("path", "id", {"type": "integer"})[0].reason
    assert "left out" in of("query", "n", {"type": "integer"})[0].reason
    assert of("query", "id", {"type": "string"}, "PUT /things/{id}?id={id}") == ()
    assert of("query", "id", {"type": "array", "items": {"type": "string"}}, "PUT /things/{id}?id={id}") == ()


# A parameter that no request gives may be described as it likes: what is not used stops nothing.
def test_an_unused_parameter_is_not_read(tmp_path):
    odd = {"in": "query", "name": "tags", "required": False, "schema": {"type": "int"}}
    assert held(tmp_path, parameters(odd)).outcome == "passed"
    assert (
        "no JSON Schema"
        in held(tmp_path, parameters(odd), request="PUT /things/{id}?tags={id}").findings[0].reason
    )


# A file that cannot be used says why: references that lead away or nowhere, no schema, an unusual pattern.
@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "https://example.com/x.json"}, "nothing is fetched"),
        ({"$ref": "#/components/schemas/Lost"}, "leads to nothing"),
        ({"type": "nonsense"}, "no JSON Schema"),
        ({"pattern": "(?=a)b"}, "no JSON Schema"),
        ({"allOf": 5}, "no JSON Schema"),
    ],
)
def test_unusable(tmp_path, schema, why):
    [finding] = held(tmp_path, spec(schema)).findings
    assert finding.kind == "spec"
    assert why in finding.reason


# A schema that leads round in a circle is judged as any other, and one that is nested for ever is refused.
def test_cycles(tmp_path):
    node = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "next": {"$ref": "#/components/schemas/N"}},
    }
    value = spec({"$ref": "#/components/schemas/N"}, components={"schemas": {"N": node}})
    assert held(tmp_path, value).outcome == "passed"
    deep = {}
    for _ in range(5_000):
        deep = {"not": deep}
    assert held(tmp_path, spec(deep)).findings[0].kind == "spec"


# A schema of many values is refused, not judged for ever.
def test_large(tmp_path):
    many = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(60_000)}}
    [finding] = held(tmp_path, spec(many)).findings
    assert "too large" in finding.reason


# A request that the file does not describe is told as that alone.
def test_not_described(tmp_path):
    result = held(tmp_path, spec({}), request="DELETE /things/{id}")
    assert [one.kind for one in result.findings] == ["method"]
    assert "it is not described" in result.summary
