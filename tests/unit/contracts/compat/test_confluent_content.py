"""What a schema says of members it does not name."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_content import ARRAY, OBJECT
from trunkline.contracts.compat.confluent_shapes import Shape

TEXT, NOTHING = Shape("string"), Shape("false")


def never(old, new):
    raise AssertionError


def removed(content, model, name="a"):
    [(_, kind)] = list(content.removed(TEXT, model, name, never, bool))
    return kind.partition(" removed ")[2]


# A model without a word is open; one with a pattern that does not match is closed to that name.
def test_models_of_objects():
    assert removed(OBJECT, Shape("object")) == "from open content model"
    assert removed(OBJECT, Shape("object", {"closed": True})) == "from closed content model"
    assert (
        removed(OBJECT, Shape("object", {"patternProperties": {"^z": TEXT}})) == "from closed content model"
    )
    unevaluated = Shape("object", {}, {}, {"unevaluatedProperties": NOTHING})
    assert removed(OBJECT, unevaluated) == "from closed content model"


# An array with a schema for all items is not closed by saying that there are no others.
def test_models_of_arrays():
    assert removed(ARRAY, Shape("array", {"closed": True, "items": TEXT}), 0) == "from open content model"
    assert removed(ARRAY, Shape("array", {"closed": True}), 0) == "from closed content model"


# A pattern that is not of linear time is refused, not run.
def test_a_pattern_that_is_not_linear():
    with pytest.raises(ValueError, match="not one of linear time"):
        removed(OBJECT, Shape("object", {"patternProperties": {"(?=a)": TEXT}}))
