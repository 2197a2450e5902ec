"""``trunkline contract diff`` lists changes, shows each break by a document, and ends by the verdict."""

from __future__ import annotations

import json

import pytest

OLD = {"type": "object", "properties": {"total": {"type": "number"}}}
NEW = {
    "type": "object",
    "properties": {"total": {"type": "number", "maximum": 9}, "note": {"type": "string"}},
}


@pytest.fixture
def files(tmp_path):
    for name, schema in (("old.json", OLD), ("new.json", NEW)):
        (tmp_path / name).write_text(json.dumps(schema))
    return str(tmp_path / "old.json"), str(tmp_path / "new.json")


# Each change has its place and class; a break ends it with 1 and is shown by a document.
def test_a_break(trunkline, files):
    code, out, _ = trunkline("contract", "diff", *files)
    assert code == 1
    assert "/properties/total/maximum  bound-tightened" in out
    assert '{"total":10}' in out
    assert out.splitlines()[-1] == "old.json to new.json: full breaking (practical)."


# The mode decides which direction counts, the policy how it is compared.
def test_mode_and_policy(trunkline, files):
    assert trunkline("contract", "diff", *files, "--mode", "forward")[0] == 0
    code, out, _ = trunkline("contract", "diff", *files, "--policy", "strict", "--json")
    found = json.loads(out)
    assert (code, found["effect"], found["policy"]) == (1, "breaking", "strict")
    changes = {change["pointer"]: change for change in found["changes"]}
    assert changes["/properties/note"]["backward_example"]["document"].keys() == {"note"}


# Equal versions differ in nothing.
def test_no_difference(trunkline, files):
    code, out, _ = trunkline("contract", "diff", files[0], files[0])
    assert (code, out.splitlines()[0]) == (0, "No difference.")


# What cannot be compared ends it with 3 and names the file.
def test_what_cannot_be_compared(trunkline, files, tmp_path):
    (tmp_path / "bad.json").write_text('{"type": "txt"}')
    code, _, err = trunkline("contract", "diff", files[0], str(tmp_path / "bad.json"))
    assert code == 3
    assert "bad.json" in err
