"""What a pattern costs is told from its text."""

from __future__ import annotations

import pytest

from trunkline.contracts.patterns import cost


# Repetitions multiply what they repeat, nested ones each other; a Unicode class is dear.
@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("", 0),
        ("abc", 3),
        ("[a-z]{10}", 10),
        ("(?:ab){3}", 6),
        ("(?P<n>ab){2,4}", 8),
        ("((a{10}){10}){10}", 1_000),
        (r"\p{L}{100}", 8_000),
        (r"[\p{L}'-]{1,100}", 8_100),
        (r"\{5}", 3),
        ("[]a]{5}", 5),
        (r"[\]a]{5}", 5),
        ("a{" + "9" * 5_000 + "}", 999_999),
        ("(" * 50_000, 0),
    ],
)
def test_cost(pattern, steps):
    assert cost(pattern) == steps


# A pattern of contracts as people write them is cheap.
def test_plain():
    assert cost(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$") < 100
