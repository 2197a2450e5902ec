"""What a simple schema says at a glance."""

from __future__ import annotations

import itertools
from decimal import Decimal

import jsonschema_rs
import pytest

from trunkline.contracts.compat.glance import is_valid

VALUES = [None, True, False, 0, 1, 2**70, "", "a", [], [1], {}, {"a": 1}, 1.0, Decimal("1.5"), Decimal(1)]
SCHEMAS = [
    *(True, False, {}, {"type": "integer"}, {"type": ["string", "null"]}, {"title": "any"}),
    *({"type": "number"}, {"type": "object"}, {"type": ["array", "boolean"]}, {"enum": [1, "a", None]}),
    *({"const": True}, {"const": 1}, {"const": 0}, {"enum": []}, {"enum": [1.0]}, {"const": []}),
    {"type": "integer", "enum": [True, 1]},
    *({"minLength": 1, "maxLength": 2}, {"minimum": 1}, {"maximum": 1}, {"maximum": 0.5}, {"maxLength": 0}),
    {"anyOf": [{"type": "null"}, {"minimum": 1}]},
    {"anyOf": [{"type": "null"}, {"const": "a"}]},
]


# Whatever is told of a value at a glance, the validator says too.
@pytest.mark.parametrize(("schema", "value"), list(itertools.product(SCHEMAS, VALUES)))
def test_as_the_validator_says(schema, value):
    found = is_valid(schema, value)
    assert found is None or found == jsonschema_rs.Draft202012Validator(schema).is_valid(value)


# What is simple is told at once, and what is not is left to the validator.
@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, "a", True),
        ({"const": 1}, True, False),
        ({"enum": ["a", None]}, None, True),
        ({"type": "integer"}, Decimal(1), None),
        ({"const": 1}, 1.0, None),
        ({"minimum": 1}, 0, False),
        ({"maxLength": 1}, "\U0001f600", True),
        ({"multipleOf": 1}, 1, None),
        ({"anyOf": [{"multipleOf": 2}, {"type": "null"}]}, None, True),
        ({"anyOf": [{"multipleOf": 2}, {"type": "null"}]}, 1, None),
    ],
)
def test_at_a_glance(schema, value, expected):
    assert is_valid(schema, value) is expected
