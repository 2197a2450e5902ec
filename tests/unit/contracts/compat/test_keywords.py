"""Which keywords mean something together."""

from __future__ import annotations

from trunkline.contracts.compat.keywords import group_of, is_scalar, is_stated, scalars


# A keyword means something with those of its group; an annotation asks nothing.
def test_groups():
    assert group_of("items") == ("prefixItems", "items")
    assert group_of("minimum") == ("minimum",)
    assert group_of("description") == ()


# Something is stated only with all that belongs to it.
def test_stated():
    closed = {"properties": {"a": {}}, "additionalProperties": False, "type": "object"}
    assert is_stated(closed, {"type": "object", "title": "told"})
    assert not is_stated(closed, {"additionalProperties": False})
    assert not is_stated({"const": True}, {"const": 1})
    assert not is_stated({"unevaluatedProperties": False, "properties": {}}, {"unevaluatedProperties": False})


# Bounds on single values are scalar, with or without annotations; what combines schemas is not.
def test_scalar():
    assert is_scalar({"type": "string", "maxLength": 4, "title": "told"})
    assert not is_scalar({"type": "string", "not": {}})


# A format is the pattern that says the same, unless there is another pattern.
def test_formats_as_patterns():
    assert scalars({"format": "day", "title": "x"}, {"day": "^d$"}) == {"pattern": "^d$"}
    assert scalars({"format": "day", "pattern": "a"}, {"day": "^d$"}) == {"format": "day", "pattern": "a"}
