"""Contract files to contracts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract_files import contract_of, faults_in, odcs, prop
from tests.shared_data import shared_data

from trunkline.contracts.contract import load, load_all
from trunkline.kernel.errors import ProjectError


def test_names_and_versions():
    """Name, reference and stream come from the file; the stream is shared by all minor versions."""
    contract = load(odcs([], name="web order", version="2.10.3"), "f")
    assert (contract.name, contract.version) == ("web-order", "2.10.3")
    assert (contract.ref, contract.stream) == ("web-order@2.10.3", "web-order@2")
    assert repr(contract) == "Contract(web-order@2.10.3)"
    assert load(odcs([], version="v1"), "f").stream == "thing@1"
    (fault,) = faults_in(odcs([], version="latest"))
    assert "the version has no major number; expected a version such as 1.2.0" in fault


def test_a_file_with_several_objects():
    """Each is a contract named after file and object; one is asked for where one is needed."""
    file = json.loads(odcs([]))
    file["schema"] = [{"name": "orders"}, {"name": "order lines"}]
    text = json.dumps(file)
    assert [contract.name for contract in load_all(text, "f")] == ["thing.orders", "thing.order-lines"]
    with pytest.raises(
        ProjectError, match="the file describes 2 kinds of record; expected one schema object"
    ):
        load(text, "f")
    file["schema"][1]["name"] = "orders"
    (fault,) = faults_in(json.dumps(file))
    assert 'a second schema object "thing.orders"; expected each name once' in fault


def test_a_file_without_objects_is_a_catalogue_entry():
    """It loads without fields, so that every valid file has its place in the catalogue."""
    file = json.loads(odcs([])) | {"schema": []}
    assert load(json.dumps(file), "f").fields == ()


def test_what_the_catalogue_shows():
    """Title, description, owner and the rest come through, from either form of a team."""
    text = odcs([], team={"name": "E-commerce"}, domain="sales", tags=["a"], description={"purpose": "Sell."})
    about = load(text, "f").about
    assert (about.owner, about.domain, about.tags, about.description) == (
        "E-commerce",
        "sales",
        ("a",),
        "Sell.",
    )
    members = [{"username": "ann", "role": "Engineer"}, {"username": "bob", "role": "Data Owner"}]
    contract = load(odcs([], team=members, name="order"), "f")
    assert (contract.owner, contract.title, len(contract.about.team)) == ("bob", "order", 2)


def test_the_schema_is_json_schema_2020_12():
    """What is compiled can be read by any other tool."""
    contract = contract_of(prop("a", "string", required=True, maxLength=5))
    assert contract.schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "thing@1.0.0",
        "type": "object",
        "properties": {"a": {"type": "string", "maxLength": 5}},
        "required": ["a"],
    }


# A record is an object; anything else breaks the contract and never raises.
@pytest.mark.parametrize("record", [None, 5, "text", [], [{"a": "x"}]])
def test_what_is_no_record(record):
    (violation,) = contract_of(prop("a", "string")).check(record)
    assert (violation.pointer, violation.message) == ("", "expected an object")


# What never came out of JSON is told like any other fault; a binary float is judged by its value.
@pytest.mark.parametrize("value", [b"x", object(), {1: 2}, {"\ud800": 1}, {1, 2}])
def test_records_that_json_cannot_hold(value):
    contract = contract_of(prop("a", "string"), prop("n", "number", physicalType="decimal(5,2)"))
    assert contract.check({"a": value})[0].rule in ("json", "type")
    assert "\ud800" not in str(contract.check({"a": "x", "extra": value}))
    assert contract.check({"n": 1.5}) == ()
    assert contract.check({"n": float("nan")})


# Broken, empty or foreign files are told, never a traceback.
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("[1]", "1:1: the document is a list; expected a mapping"),
        ("a: [", "2:1: not YAML"),
        (b"\xff\xfe", "1:1: a byte that is not UTF-8"),
        ("kind: DataContract", '1:1: missing key "apiVersion"'),
        (odcs([]).replace('"schema"', '"schemas"'), 'unknown key "schemas"'),
        (odcs([{"name": "a", "$ref": "http://example.com/x"}]), 'unknown key "$ref"'),
        (odcs([{"name": "a", "logicalType": "strings"}]), 'did you mean "string"?'),
        (odcs([{"name": "a", "logicalType": "string", "logicalTypeOptions": {"maxLenght": 1}}]), "maxLength"),
    ],
)
def test_files_that_are_refused(text, said):
    assert any(said in fault for fault in faults_in(text))


FULL = json.loads(
    odcs(
        [
            prop("id", "string", primaryKey=True, pattern="^a"),
            prop("n", "number", physicalType="decimal(5,2)", minimum=0, enum=[{"value": 1}]),
            prop(
                "at",
                "timestamp",
                format="yyyy-MM-dd",
                minimum="2020-01-01",
                quality=[{"metric": "nullValues", "mustBe": 0}],
            ),
            prop(
                "l",
                "array",
                minItems=1,
                items={"properties": [prop("m", "map", map={"key": {}, "value": {}})]},
            ),
        ],
        {"idempotencyKey": "id", "eventTime": "at"},
    )
)
LEAVES = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "id", "object", "array", "map", "v3.0.2", "yyyy"])
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abnm"), inner, max_size=2),
)


def paths(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*path, key)
        yield from paths(child, (*path, key))


@given(st.sampled_from(list(paths(FULL))), ANYTHING)
def test_whatever_stands_anywhere_in_a_file_is_read_or_told(path, value):
    """With any one part of a contract replaced by anything, it loads or its faults are told with places."""
    assert load_all(json.dumps(FULL), "f")
    file = json.loads(json.dumps(FULL))
    around = file
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = value
    try:
        loaded = load_all(json.dumps(file), "f")
    except ProjectError as error:
        loaded = []
        told = error.faults
        assert all(fault.place.line for fault in told)
    for contract in loaded:
        assert contract.check(5)
        contract.typed({field.name: "x" for field in contract.fields})


def test_every_official_example_loads():
    """The standard's own examples, from a server without schema to 68 tables, all load and compile."""
    files = sorted(shared_data("odcs-examples").rglob("*.odcs.yaml"))
    contracts = {file.name: load_all(file.read_bytes(), file.name) for file in files}
    assert len(contracts) == 18
    assert len(contracts["postgresql-adventureworks-contract.odcs.yaml"]) == 68
    (types,) = contracts["all-data-types.odcs.yaml"]
    good = {
        "account_id": "ACC12345678",
        "txn_ref_date": "2020-06-01",
        "txn_timestamp": "2020-06-01 12:00:00",
        "txn_timestamp_tz": "2020-06-01 12:00:00+10:00",
        "txn_time": "12:00:00",
        "amount": 5,
        "age": 30,
        "is_open": True,
        "latest_txns": [1, 2],
        "customer_details": {"num_children": 1, "date_of_birth": "1990-01-01"},
    }
    assert types.check(good) == ()
    for name, value in {"account_id": "ACC1", "txn_ref_date": "2020-01-01", "age": 100, "amount": -1}.items():
        assert types.check(good | {name: value})[0].pointer == "/" + name
