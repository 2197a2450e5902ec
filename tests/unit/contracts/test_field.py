"""Fields as a list, and JSON pointers."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, prop

from trunkline.contracts.field import path_of, pointer_of


# RFC 6901: ~ and / inside a name are escaped, in that order.
@pytest.mark.parametrize(
    ("path", "pointer"), [((), ""), (("a", 0), "/a/0"), (("a/b", "c~d"), "/a~1b/c~0d"), (("",), "/")]
)
def test_pointers(path, pointer):
    assert pointer_of(path) == pointer
    assert path_of(pointer) == tuple(map(str, path))


def test_fields_stand_in_the_order_of_the_file_with_their_nesting():
    """A parent stands before its parts; the items of an array are at ``-``, values of a map at ``*``."""
    inner = {"logicalType": "object", "properties": [prop("sku", "string", required=True)]}
    counts = {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}
    contract = contract_of(
        prop("customer", "object", properties=[prop("name", "string")]),
        prop("lines", "array", items=inner),
        prop("counts", "map", map=counts),
    )
    assert [(field.pointer, field.kind, field.required) for field in contract.fields] == [
        ("/customer", "object", False),
        ("/customer/name", "string", False),
        ("/lines", "array", False),
        ("/lines/-", "object", False),
        ("/lines/-/sku", "string", True),
        ("/counts", "object", False),
        ("/counts/*", "integer", False),
    ]


def test_a_field_carries_what_targets_and_masks_need():
    """Types, digits, uniqueness, names and options come through as stated."""
    (field,) = contract_of(
        prop("total", "number", physicalType="decimal(12, 2)", physicalName="TOT", unique=True, minimum=0)
        | {"description": "What was paid."}
    ).fields
    assert (field.precision, field.scale) == (12, 2)
    assert (field.physical_type, field.physical_name) == ("decimal(12, 2)", "TOT")
    assert (field.unique, field.description, field.options) == (True, "What was paid.", {"minimum": 0})
