"""The parser takes what we evaluate exactly, and leaves everything else to the engine."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connectors.mapping.syntax import Choice, Literal, Operation, Path, Step, parse


# Operators bind as in JSONata: products before sums, sums before comparisons, comparisons before choices.
def test_precedence() -> None:
    tree = parse("a + b * 2 > 1 ? x : y")
    assert isinstance(tree, Choice)
    product = Operation("*", Path((Step("b"),)), Literal(2))
    assert tree.condition == Operation(">", Operation("+", Path((Step("a"),)), product), Literal(1))


# A filter belongs to the step before it, not to the path.
def test_filters_belong_to_their_step() -> None:
    assert parse("a.b[0][1].c") == Path((Step("a"), Step("b", (0, 1)), Step("c")))


# Numbers are exact constants.
@pytest.mark.parametrize(("text", "value"), [("0.10", Decimal("0.10")), ("-7", -7), ("1e2", Decimal("1E+2"))])
def test_constants_are_exact(text, value) -> None:
    assert parse(text) == Literal(value)


# What means something else in JSONata, or nothing, is not taken for ours.
@pytest.mark.parametrize(
    "text",
    [
        "(a.b)[0]",
        "a[b]",
        "a[]",
        "a.'b'",
        "a.(b)[0]",
        "a ~> $sum",
        "a.*",
        "$",
        "$$",
        "a / b",
        "a ** b",
        "not a",
        "and",
        "a b",
        "'it\\'s'",
        "{}",
        "a[0.5]",
        "$sum(a, b)",
        "$sum(a)[0]",
        "$lookup(a, 'b')",
        "a ? b : ",
        "",
    ],
)
def test_what_is_not_ours(text) -> None:
    assert parse(text) is None


# An endless expression is left alone before it costs anything.
@pytest.mark.parametrize("text", ["(" * 5_000, "a" + " + a" * 5_000, "a." * 5_000 + "a", "-" * 5_000 + "a"])
def test_length_is_bounded(text) -> None:
    assert parse(text) is None


# Whatever is typed, parsing ends with a tree or with nothing.
@given(st.text(alphabet="ab0.5+-*&=<>!?:()[]'\"` $andor/", max_size=30))
def test_parsing_never_fails(text) -> None:
    parse(text)
