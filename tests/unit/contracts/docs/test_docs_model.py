"""The values that a contract's description is made of."""

from __future__ import annotations

from tests.contract_files import contract_of, prop

from trunkline.contracts.docs.describe import described


# All fields come each before those inside it, and know how deep they stand.
def test_all_fields():
    inner = prop("number", "integer", classification="personal")
    doc = described(contract_of(prop("customer", "object", properties=[inner]), prop("total", "number")))
    assert [(one.path, one.depth) for one in doc.all_fields] == [
        ("customer", 0),
        ("customer.number", 1),
        ("total", 0),
    ]
    assert [one.path for one in doc.personal] == ["customer.number"]
