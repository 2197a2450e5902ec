"""Personal fields are out of sight in every view, and so is what no contract describes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.app.init import init
from trunkline.app.masking import masked, masked_subject
from trunkline.app.project import Project
from trunkline.contracts.contract import load_all

ARRAYS = b"""
apiVersion: v3.1.0
kind: DataContract
id: profile
name: profile
version: 1.0.0
status: active
schema:
  - name: profile
    properties:
      - {name: bare, logicalType: array}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - {name: mails, logicalType: array, items: {logicalType: string, classification: personal}}
      - name: who
        logicalType: object
        classification: personal
        properties: [{name: team, logicalType: string}]
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def leaves(value):
    if isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from leaves(child)
    else:
        yield value


def shape(value):
    if isinstance(value, dict):
        return {name: shape(child) for name, child in value.items()}
    return [shape(child) for child in value] if isinstance(value, list) else value is None


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    project = Project.load(init(tmp_path_factory.mktemp("project") / "shop").folder)
    return project.contracts["order@1"]


# A personal value is masked, everything else that is described stays, in arrays of objects as well.
def test_personal_values_are_masked(contract):
    record = {"order_id": "1", "email": "ada@example.com", "lines": [{"sku": "MUG", "quantity": 2}]}
    assert masked(record, contract) == {**record, "email": "***"}
    assert record["email"] == "ada@example.com"


# A value that the contract does not describe could be anything, so only its shape is shown.
def test_undescribed_values_are_masked(contract):
    record = {
        "order_id": "1",
        "note": {"by": "Ada", "tags": ["x", None]},
        "lines": [{"sku": "A", "phone": 1}],
    }
    assert masked(record, contract) == {
        "order_id": "1",
        "note": {"by": "***", "tags": ["***", None]},
        "lines": [{"sku": "A", "phone": "***"}],
    }


# Items are shown where the contract describes them, and masked where it does not or calls them personal.
def test_items_of_arrays():
    [contract] = load_all(ARRAYS, "profile.odcs.yaml")
    record = {"bare": ["Ada", ["x"]], "tags": ["a", None], "mails": ["ada@example.com"]}
    assert masked(record, contract) == {"bare": ["***", ["***"]], "tags": ["a", None], "mails": ["***"]}


# All below a personal object is masked, what it describes as harmless and what it does not describe.
def test_below_a_personal_object():
    [contract] = load_all(ARRAYS, "profile.odcs.yaml")
    record = {"who": {"team": "blue", "phone": 5, "more": [{"x": 1}]}, "new": {"a": True}}
    assert masked(record, contract) == {
        "who": {"team": "***", "phone": "***", "more": [{"x": "***"}]},
        "new": {"a": "***"},
    }


# Whatever a record holds, nothing that the contract does not describe comes through, and the shape stays.
@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_nothing_undescribed_comes_through(record):
    [contract] = load_all(ARRAYS, "profile.odcs.yaml")
    unknown = {name: value for name, value in record.items() if name not in ("bare", "tags", "mails", "who")}
    shown = masked(unknown, contract)
    assert shape(shown) == shape(unknown)
    assert set(leaves(shown)) <= {"***", None}


# Without a contract nothing is known to be harmless: every value and the key are masked.
def test_without_a_contract_all_is_masked(contract):
    assert masked({"a": 1, "b": [None, "x"]}, None) == {"a": "***", "b": [None, "***"]}
    assert masked("text", None) == "***"
    assert masked_subject("1001", None) == "***"
    assert masked_subject("1001", contract) == "1001"
