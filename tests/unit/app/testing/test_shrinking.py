"""A failing document becomes a small one that fails as well."""

from __future__ import annotations

from decimal import Decimal

from trunkline.app.testing.shrinking import shrunk


# What does not matter goes, what matters stays, and is as plain as it can be.
def test_only_what_matters_stays():
    document = {
        "a": [{"x": "long text", "y": 7}, {"x": "b", "y": Decimal("123.45")}],
        "b": "other",
        "c": None,
    }
    small = shrunk(document, lambda one: any(item.get("y", 0) > 100 for item in one.get("a", ())))
    assert small == {"a": [{"y": 123}]}


# What cannot be smaller is returned as it is, and the number of tries is a bound.
def test_it_ends():
    assert shrunk({"a": 1}, lambda _: False) == {"a": 1}
    tried = []
    shrunk({str(n): "x" * 50 for n in range(50)}, lambda one: tried.append(one) or True, tries=30)
    assert len(tried) == 30


# Each step is smaller, so it ends for any document and any failure.
def test_everything_may_go():
    assert shrunk({"a": [[1, 2, {"b": True}], "text", -1.5]}, lambda _: True) == {}
