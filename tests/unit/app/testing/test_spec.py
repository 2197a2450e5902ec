"""OpenAPI files: what is read, what is refused and why, and which paths a template describes."""

from __future__ import annotations

import json

import pytest
from tests.unit.app.testing.projects import put

from trunkline.app.testing import spec as specs
from trunkline.app.testing.dialect import Unusable
from trunkline.app.testing.spec import Spec, read_spec, values_at
from trunkline.kernel.errors import ProjectError

SMALL = {"openapi": "3.1.0", "info": {}, "paths": {"/a": {}}}


def refused(path):
    with pytest.raises(ProjectError) as caught:
        read_spec(path)
    return str(caught.value)


# JSON and YAML say the same.
def test_both_formats(tmp_path):
    assert read_spec(put(tmp_path / "a.json", json.dumps(SMALL))).paths == ["/a"]
    assert read_spec(put(tmp_path / "a.yaml", 'openapi: "3.0.3"\ninfo: {}\npaths: {/a: {}}\n')).paths == [
        "/a"
    ]


# What cannot be used is refused with the reason: another version, no paths, no YAML, no JSON, no file.
@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.yaml", "swagger: '2.0'", 'expected OpenAPI 3.0 or 3.1, not "swagger 2.0"'),
        ("a.yaml", "openapi: 3.0", "expected OpenAPI 3.0 or 3.1"),
        ("a.yaml", "openapi: 4.0.0\npaths: {}", "expected OpenAPI 3.0 or 3.1"),
        ("a.yaml", "[]", "expected OpenAPI 3.0 or 3.1"),
        ("a.json", '{"openapi": "3.1.0"}', "the file has no paths"),
        (
            "a.json",
            '{"openapi": "3.1.0", "paths": {}, "jsonSchemaDialect": "x"}',
            "a dialect that is not read",
        ),
        ("a.json", "{", "it is no JSON"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.json", "[" * 100_000, "it is no JSON"),
        ("a.yaml", "[" * 1000, "nested too deeply"),
    ],
)
def test_refused(tmp_path, name, content, why):
    assert why in refused(put(tmp_path / name, content))


def test_no_file(tmp_path):
    assert "cannot be read" in refused(tmp_path / "absent.yaml")


# A file beyond the bound is not even read to its end, and aliases that multiply are counted.
def test_huge(tmp_path, monkeypatch):
    monkeypatch.setattr(specs, "MOST_JSON_BYTES", 100)
    assert "too large" in refused(put(tmp_path / "a.json", json.dumps(SMALL) + " " * 100))
    assert "in JSON it may have" not in refused(tmp_path / "a.json")
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "too many values" in refused(put(tmp_path / "a.yaml", bomb))


# References are followed within the file; a circle, a wrong type and one that leads out are refused.
def test_parts():
    parts = {
        "A": {"$ref": "#/components/B"},
        "B": {"x": 1},
        "C": {"$ref": "#/components/C"},
        "D": 5,
        "E": [{"y": 2}],
    }
    spec = Spec(SMALL | {"components": parts})
    assert (spec.part(parts["A"]).pointer, spec.part(parts["A"]).get("x")) == ("/components/B", 1)
    assert spec.part({"$ref": "#/components/E/0"}).get("y") == 2
    for wrong, why in [("C", "circle"), ("D", "expected an object"), ("Z", "leads to nothing")]:
        with pytest.raises(Unusable, match=why):
            spec.part({"$ref": f"#/components/{wrong}"})
    with pytest.raises(Unusable, match="nothing is fetched"):
        spec.part({"$ref": "https://example.com/a.yaml#/A"})


# The values of a path's parameters, or None where the template does not describe the path.
@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/a/{id}", "/a/5", {"id": "5"}),
        ("/a/{id}", "/a/b%2Fc", {"id": "b/c"}),
        ("/a/{id}.json", "/a/5.json", {"id": "5"}),
        ("/a/{x}-{y}", "/a/1-2", {"x": "1", "y": "2"}),
        ("/a/{id}", "/b/5", None),
        ("/a/{id}", "/a/5/c", None),
        ("/a/{id}", "/a/", None),
        ("/a.b", "/aXb", None),
        ("/a/b", "/a/b", {}),
        ("/{a}{b}{c}{d}{e}{f}", "/aaaaaaaaaaaaaaaa", None),
    ],
)
def test_values_at(template, path, values):
    assert values_at(template, path) == values


# The nearest servers count, their variables have their defaults, and without any it is the root.
def test_bases():
    assert Spec(SMALL).bases() == [""]
    servers = [
        {
            "url": "https://{env}.example.com/{base}/",
            "variables": {"env": {"default": "x"}, "base": {"default": "v2"}},
        }
    ]
    spec = Spec(SMALL | {"servers": servers})
    assert spec.bases() == ["/v2"]
    assert spec.bases(specs.Found("", {"servers": [{"url": "/v3"}]})) == ["/v3"]
