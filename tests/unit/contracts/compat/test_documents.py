"""Versions to compare, read from files."""

from __future__ import annotations

import pytest
from tests.contract_files import odcs, prop

from trunkline.contracts.compat.documents import Loaded, compared, load_schema
from trunkline.kernel.errors import ProjectError


def write(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    return tmp_path / name


# A contract comes with the formats made for it; its title, being its version, is no change.
def test_a_contract(tmp_path):
    day = prop("day", "date", format="dd.MM.yyyy")
    old = load_schema(write(tmp_path, "old.odcs.yaml", odcs([day])))
    new = load_schema(write(tmp_path, "new.json", odcs([day], version="1.1.0")))
    assert (old.name, new.name, list(old.formats.checks)) == (
        "thing@1.0.0",
        "thing@1.1.0",
        ["date as dd.MM.yyyy"],
    )
    assert compared(old, new).changes == ()


# The formats of both versions are known to the comparison: here days and months changed places.
def test_formats_of_both(tmp_path):
    old, new = (
        load_schema(write(tmp_path, f"{n}.yaml", odcs([prop("day", "date", format=pattern)])))
        for n, pattern in enumerate(("dd.MM.yyyy", "MM.dd.yyyy"))
    )
    [change] = compared(old, new).changes
    assert change.backward_example.document == {"day": "31.12.2027"}
    assert change.forward_example.document == {"day": "12.31.2027"}


# A bare JSON Schema is read from JSON and from YAML.
@pytest.mark.parametrize(("name", "text"), [("a.json", '{"type": "string"}'), ("a.yaml", "type: string")])
def test_a_json_schema(tmp_path, name, text):
    assert load_schema(write(tmp_path, name, text)) == Loaded(name, {"type": "string"})


# What cannot be read names the file and the reason.
@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "not JSON"),
        ("a.yaml", "a: [", "a.yaml:2:1: not YAML"),
        ("a.json", "[" * 2_000_000, "too large"),
    ],
)
def test_what_cannot_be_read(tmp_path, name, text, reason):
    with pytest.raises(ProjectError, match=reason):
        load_schema(write(tmp_path, name, text))
    with pytest.raises(ProjectError, match="cannot be read"):
        load_schema(tmp_path / "none.json")


# What is no schema is refused under the name of the version that is at fault.
def test_what_is_no_schema():
    with pytest.raises(ProjectError, match=r"b\.json: .*txt"):
        compared(Loaded("a.json", {}), Loaded("b.json", {"type": "txt"}))


# Avro schemas are compared as such, and never with a JSON Schema.
def test_avro(tmp_path):
    old, new = tmp_path / "old.avsc", tmp_path / "new.avsc"
    old.write_text('{"type": "record", "name": "order", "fields": [{"name": "id", "type": "long"}]}')
    new.write_text('{"type": "record", "name": "order", "fields": [{"name": "id", "type": "int"}]}')
    found = compared(load_schema(old), load_schema(new))
    assert (found.effect("backward"), found.effect("forward")) == ("breaking", "compatible")
    (tmp_path / "order.json").write_text("true")
    with pytest.raises(ProjectError, match="of another kind"):
        compared(load_schema(old), load_schema(tmp_path / "order.json"))
    old.write_text('{"type": "recrd"}')
    with pytest.raises(ProjectError, match="no Avro schema"):
        load_schema(old)


# A schema of another draft is read by the policy that knows it, and by no other.
def test_another_draft():
    draft_7 = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]}
    old, new = Loaded("old", draft_7), Loaded("new", draft_7 | {"maxItems": 5})
    assert compared(old, new, "confluent").effect("backward") == "breaking"
    for policy in ("strict", "practical"):
        with pytest.raises(ProjectError, match="only the policy confluent"):
            compared(old, new, policy)
