"""A finding as one line, and a case that could not be tested."""

from __future__ import annotations

from trunkline.app.testing.result import Finding, skipped


# A finding says where, why, and what gives the field.
def test_a_finding_in_words():
    assert str(Finding("contract", "/n", "is required", expression="n: a")) == "/n: is required [n: a]"
    assert str(Finding("path", reason="there is none")) == "there is none"


# A case that could not be tested says why.
def test_skipped():
    assert (skipped("openapi", "a.b", "no file").outcome, skipped("openapi", "a.b", "no file").summary) == (
        "skipped",
        "no file",
    )
