"""How single statements of the standard are read."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, prop

from trunkline.contracts.odcs import digits, is_personal, is_required, logical_type


# A word we do not know masks rather than leaks.
@pytest.mark.parametrize(
    ("classification", "tags", "personal"),
    [
        ("", [], False),
        ("public", [], False),
        ("Internal", [], False),
        ("personal", [], True),
        ("PII", [], True),
        ("confidential", [], True),
        ("C3", [], True),
        ("", ["finance"], False),
        ("public", ["PII"], True),
    ],
)
def test_personal(classification, tags, personal):
    assert is_personal(classification, tags) is personal


def test_what_stands_inside_something_personal_is_personal():
    """A nested field inherits, unless it is classified itself."""
    parts = [prop("name", "string"), prop("country", "string", classification="public")]
    fields = contract_of(prop("customer", "object", classification="personal", properties=parts)).fields
    assert {field.name: (field.personal, field.classification) for field in fields} == {
        "customer": (True, "personal"),
        "name": (True, "personal"),
        "country": (False, "public"),
    }


# Required is said, implied by the key, or by a rule that no value may be null.
@pytest.mark.parametrize(
    ("statement", "required"),
    [
        ({}, False),
        ({"required": True}, True),
        ({"primaryKey": True, "required": False}, True),
        ({"quality": [{"metric": "nullValues", "mustBe": 0}]}, True),
        ({"quality": [{"metric": "nullValues", "mustBeLessThan": 5}]}, False),
    ],
)
def test_required(statement, required):
    assert is_required(statement) is required


# A type is stated, or implied by the parts a property has.
@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ({"logicalType": "date"}, "date"),
        ({"properties": []}, "object"),
        ({"items": {}}, "array"),
        ({}, "any"),
    ],
)
def test_logical_type(statement, kind):
    assert logical_type(statement) == kind


# Digits come from a decimal physical type; the custom properties win over it; a float has none.
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"physicalType": "DECIMAL(12, 2)"}, (12, 2)),
        ({"physicalType": "numeric(5)"}, (5, 0)),
        ({"physicalType": "float(3,2)"}, (None, None)),
        ({}, (None, None)),
        (
            {
                "physicalType": "decimal(9,9)",
                "customProperties": [
                    {"property": "precision", "value": 6},
                    {"property": "scale", "value": 3},
                ],
            },
            (6, 3),
        ),
    ],
)
def test_digits(statement, found):
    assert digits(statement) == found
