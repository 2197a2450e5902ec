"""Personal fields are out of sight in every view, and so is what no contract describes."""

from __future__ import annotations

import pytest

from trunkline.app.init import init
from trunkline.app.masking import masked, masked_subject
from trunkline.app.project import Project


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


# Without a contract nothing is known to be harmless: every value and the key are masked.
def test_without_a_contract_all_is_masked(contract):
    assert masked({"a": 1, "b": [None, "x"]}, None) == {"a": "***", "b": [None, "***"]}
    assert masked("text", None) == "***"
    assert masked_subject("1001", None) == "***"
    assert masked_subject("1001", contract) == "1001"
