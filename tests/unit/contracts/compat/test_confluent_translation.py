"""Schemas of older drafts in the words of 2020-12."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_translation import is_exact, translated, validator
from trunkline.contracts.compat.sides import NO_FORMATS, Side

DRAFT_4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
DRAFT_2019 = {"$schema": "https://json-schema.org/draft/2019-09/schema"}


# What an older draft says in other words is said in those of 2020-12, and what it does not know is left out.
@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"items": [{}, {}], "additionalItems": False}, {"prefixItems": [{}, {}], "items": False}),
        ({"items": {}, "additionalItems": False}, {"items": {}}),
        ({"dependencies": {"a": ["b"]}}, {"dependentRequired": {"a": ["b"]}}),
        ({"dependencies": {"a": {"items": [{}]}}}, {"dependentSchemas": {"a": {"prefixItems": [{}]}}}),
        ({"$ref": "#/definitions/a", "const": 1}, {"$ref": "#/definitions/a"}),
        ({"unevaluatedProperties": False, "minItems": 1}, {"minItems": 1}),
        ({"const": {"items": []}}, {"const": {"items": []}}),
        (DRAFT_4 | {"maximum": 5, "exclusiveMaximum": True}, {"exclusiveMaximum": 5}),
        (DRAFT_4 | {"minimum": 5, "exclusiveMinimum": False}, {"minimum": 5}),
        (DRAFT_4 | {"if": {}, "then": False}, {}),
        (
            DRAFT_2019 | {"items": [{}], "unevaluatedItems": False},
            {"prefixItems": [{}], "unevaluatedItems": False},
        ),
    ],
)
def test_translated(schema, expected):
    assert translated(schema) == expected


# The validator of a draft and the translation agree on documents.
@pytest.mark.parametrize(
    ("schema", "document", "valid"),
    [
        ({"items": [{"type": "string"}]}, ["a", 1], True),
        ({"items": [{"type": "string"}]}, [1], False),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, False),
        (DRAFT_4 | {"maximum": 5, "exclusiveMaximum": True}, 5, False),
    ],
)
def test_both_agree(schema, document, valid):
    assert validator(schema, NO_FORMATS).is_valid(document) is valid
    assert Side(translated(schema)).takes(document) is valid


# In draft 4 1.0 is no integer, so that nothing is proved of it by a translation.
def test_exact():
    assert is_exact({"type": "integer"})
    assert not is_exact(DRAFT_4)
    assert not validator(DRAFT_4 | {"type": "integer"}, NO_FORMATS).is_valid(1.0)


# A schema that its own draft refuses is refused with the reason.
def test_no_schema():
    with pytest.raises(ValueError, match="cannot be used"):
        validator({"type": "nothing"}, NO_FORMATS)
