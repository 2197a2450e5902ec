"""Texts that match a regular expression."""

from __future__ import annotations

import re

import pytest

from trunkline.contracts.matching import MOST_TEXTS, texts


# Simple expressions have texts, short ones first, all of which match.
@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}[0-9]{4}$",
        r"^\d{5}(-\d{4})?$",
        "^(foo|bar)+$",
        r"^[^a-c\]]\S+@\w+\.com$",
        "a|",
        "x{2,}",
        "^(?:a.b|[-+]?c)*?$",
        r"^\.\t$",
    ],
)
def test_simple_expressions(pattern):
    found = texts(pattern)
    assert 0 < len(found) <= MOST_TEXTS
    assert found == sorted(found, key=len)
    assert all(re.search(pattern, text) for text in found)


# Of anything else there are none.
@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(", ")", "*", r"\p{L}", "[[:alpha:]]", "[^ -~]{1", r"\b", "a" * 999]
)
def test_others(pattern):
    assert all(re.search(pattern, text) for text in texts(pattern))


# However it is nested, it ends.
@pytest.mark.timeout(5)
@pytest.mark.parametrize("pattern", ["(a+)+" * 40, "((((a{99}){99}){99}){99})", "(" * 3_000 + ")" * 3_000])
def test_it_ends(pattern):
    assert len(texts(pattern)) <= MOST_TEXTS
