"""The classes of change."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.kinds import KINDS, kind_of


# The class of a keyword's change follows from the two values.
@pytest.mark.parametrize(
    ("keyword", "old", "new", "kind"),
    [
        ("type", "integer", "number", "type-widened"),
        ("type", ["string", "null"], "string", "type-narrowed"),
        ("type", "string", "number", "type-changed"),
        ("type", None, "string", "type-narrowed"),
        ("minimum", 1, 2, "bound-tightened"),
        ("maxLength", 1, 2, "bound-loosened"),
        ("maxLength", None, 2, "bound-tightened"),
        ("uniqueItems", True, None, "bound-loosened"),
        ("uniqueItems", False, True, "bound-tightened"),
        ("multipleOf", 1, 2, "bound-tightened"),
        ("multipleOf", 0.01, 0.001, "bound-loosened"),
        ("multipleOf", 2, 3, "shape-changed"),
        ("pattern", None, "a", "pattern-changed"),
        ("format", "date", "time", "format-changed"),
        ("additionalProperties", None, False, "additional-closed"),
        ("additionalProperties", False, None, "additional-opened"),
        ("additionalProperties", {}, None, "shape-changed"),
        ("items", None, {}, "items-described"),
        ("items", {}, None, "items-undescribed"),
        ("contains", {}, None, "shape-changed"),
    ],
)
def test_kinds(keyword, old, new, kind):
    assert kind_of(keyword, old, new) == kind
    assert kind in KINDS


# Multiples of any size are told apart.
def test_multiples_far_apart():
    assert kind_of("multipleOf", 10**399, 3) == "shape-changed"
    assert kind_of("multipleOf", 3, 3 * 10**399) == "bound-tightened"
