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
        "^SO-[0-9]{1,10}$",
        "^(placed|paid|sent)$",
        "^[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{4}){3,7}$",
        r"^[^a-z]+@[]x]$",
        r"[\]\d]{3}",
        r"[^\s\d]",
        "^$",
        r"^\w+\s\W.$",
    ],
)
def test_simple_expressions(pattern):
    found = texts(pattern)
    assert 0 < len(found) <= MOST_TEXTS
    assert found == sorted(found, key=len)
    assert all(re.search(pattern, text) for text in found)


# Of what is not understood there are none, whatever is wrong with it, nor of what would be very long.
@pytest.mark.parametrize(
    "pattern",
    [
        *("(?=a)", "(?i)a", "(", ")", "(a", "a)", "[a", "a\\", "*", r"\b", "(" * 5_000),
        *(r"\p{L}", r"[\p{L}]", "[[:alpha:]]", "[^ -~]{1", r"[^\s\S]", "[]", "[a&&b]", "[z-a]"),
        *("a" * 999, "a{999}", "(a{1000}){1000}"),
    ],
)
def test_others(pattern):
    assert texts(pattern) == []


# However it is nested, it ends.
@pytest.mark.timeout(5)
@pytest.mark.parametrize("pattern", ["(a+)+" * 40, "((((a{99}){99}){99}){99})", "(" * 3_000 + ")" * 3_000])
def test_it_ends(pattern):
    assert len(texts(pattern)) <= MOST_TEXTS
