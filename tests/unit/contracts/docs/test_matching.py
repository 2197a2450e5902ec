"""Texts that patterns match."""

from __future__ import annotations

import re

import pytest

from trunkline.contracts.docs.matching import matching


# What patterns of contracts are made of gives a text that the pattern matches.
@pytest.mark.parametrize(
    "pattern",
    [
        "^SO-[0-9]{1,10}$",
        "^(placed|paid|sent)$",
        r"^\d{4}-\d{2}$",
        "^[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{4}){3,7}$",
        r"^a\.b?c*d+?$",
        r"^[^a-z]+@[]x]$",
        r"[\]\d]{3}",
        "^$",
        "plain",
        r"^\w+\s\W.$",
    ],
)
def test_matched(pattern):
    text = matching(pattern)
    assert text is not None
    assert re.search(pattern, text)


# What is not read gives no text, whatever is wrong with it, and so does what would be very long.
@pytest.mark.parametrize(
    "pattern",
    [
        "(?i)a",
        r"\p{L}",
        r"[\p{L}]",
        "(a",
        "a)",
        "[a",
        "a\\",
        "(a{1000}){1000}",
        "[[:alpha:]]",
        "(" * 5_000,
        "[^\\s\\S]",
    ],
)
def test_not_read(pattern):
    assert matching(pattern) is None
