"""A name in a path is any text that a file and a terminal can be given."""

from __future__ import annotations

import pytest

from trunkline.surfaces.names import NAME_CHARACTERS, name_in


# A name comes back letter by letter.
@pytest.mark.parametrize(
    ("part", "name"),
    [("a%2Fb", "a/b"), ("..%2F..", "../.."), ("con%252Ft", "con%2Ft"), ("%C3%BC", "ü"), ("a+b", "a+b")],
)
def test_names(part, name):
    assert name_in(part) == name


# What is too long, no UTF-8, or would command a terminal is none.
@pytest.mark.parametrize("part", ["a" * (NAME_CHARACTERS + 1), "%FF", "%1B%5B2J", "%00", "a%0Ab", "%C2%9B"])
def test_what_is_no_name(part):
    with pytest.raises(ValueError, match="a name"):
        name_in(part)
