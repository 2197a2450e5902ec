"""The engine behind its limits: several expressions a call, each blamed for itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trunkline.connectors.mapping.engine import Engine, Limits, check, reads
from trunkline.connectors.mapping.problem import BrokenRecord


def engine(*texts, **limits) -> Engine:
    return Engine(texts, Limits(**limits))


# Each expression has its own value; one without is left out, and null is a value.
def test_values_by_number() -> None:
    assert engine("$uppercase(a)", "nope", "null", "[a]").evaluate({"a": "x"}, None) == {
        0: "X",
        2: None,
        3: ["x"],
    }


# Expressions that try to end their place early, or comment out the rest, stay in their place.
def test_expressions_cannot_reach_into_each_other() -> None:
    assert check("f", '1), "9": (2') is not None
    assert engine("1 /* one */", "2 /* two */").evaluate({}, None) == {0: 1, 1: 2}


# The expression that failed is blamed by its number and its own column.
def test_blame_has_number_and_column() -> None:
    with pytest.raises(BrokenRecord) as broken:
        engine("a", "  $number(a)", "a").evaluate({"a": "secret text"}, None)
    assert broken.value.args == ("JSONata error D3030 at column 3", 1)


# Only what is read goes in, so an odd value elsewhere in the record is nobody's business.
def test_only_what_is_read_goes_in() -> None:
    record = {"a": [{"n": "x", "big": 2**60}], "b": Decimal("1E+399")}
    assert engine("$join(a.n)").evaluate(record, None) == {0: "x"}
    for text in ("$sum(a.big) / 2", "$floor(b)"):
        with pytest.raises(BrokenRecord):
            engine(text).evaluate(record, None)


# Each limit stops what it is there for.
@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("$map([1..500], function($v) { $v })", {"steps": 100}),
        ("[1..500]", {"array_items": 100}),
        ("$pad('x', 500)", {"string_bytes": 100}),
        ("[1..500].$string()", {"result_bytes": 100}),
        ("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(50))", {"depth": 20}),
    ],
)
def test_limits(text, limits) -> None:
    engine(text).evaluate({}, None)
    with pytest.raises(BrokenRecord, match="JSONata error"):
        engine(text, **limits).evaluate({}, None)


# What is read is known without running anything.
def test_reads() -> None:
    assert reads("$join(lines.sku) & rate") == {"lines.sku", "rate"}
    assert reads("$event.id") == set()
