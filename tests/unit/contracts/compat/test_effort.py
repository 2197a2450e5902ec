"""A verdict is bounded by the steps it may spend, whatever the schemas are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.contracts.compat import effort
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.effort import MOST_STEPS, Effort, Exhausted

WHOLE, SMALL = {"type": "integer"}, {"type": "integer", "maximum": 5}

SHAPES = {
    "all": lambda inner: {"allOf": [inner, inner]},
    "any": lambda inner: {"anyOf": [inner, inner, {"type": "string"}]},
    "one": lambda inner: {"oneOf": [inner, {"not": inner}]},
    "if": lambda inner: {"if": inner, "then": inner, "else": inner},
    "needs": lambda inner: {"dependentSchemas": {"a": inner, "b": inner}},
    "member": lambda inner: {"properties": {"a": inner, "b": inner}, "required": ["a"]},
    "same member": lambda inner: {"properties": {"a": inner}, "patternProperties": {"a": inner, "^a": inner}},
    "alternatives of a member": lambda inner: {"properties": {"a": {"anyOf": [inner, inner, inner]}}},
    "item": lambda inner: {"items": inner, "contains": inner},
    "apart": lambda inner: {"anyOf": [{"required": ["x"]}, {"required": ["y"]}], "allOf": [inner]},
}


def doubled(shapes, end, by):
    """Return a schema in which every name refers to the next at least once, in a shape that repeats it."""
    names = [f"n{number}" for number in range(len(shapes) + 1)]
    anchor = (lambda name: {"$anchor": name}) if by == "anchor" else (lambda _name: {})
    refer = {"anchor": "#{}", "pointer": "#/$defs/{}"}[by]
    defs = {
        name: anchor(name) | SHAPES[shape]({"$ref": refer.format(following)})
        for name, following, shape in zip(names, names[1:], shapes, strict=False)
    }
    return {"$defs": {**defs, names[-1]: anchor(names[-1]) | end}, "$ref": refer.format(names[0])}


# Schemas in which references double up to sixty times are compared in the steps of one comparison: what was
# too dear was not begun.
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    shapes=st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=3),
    times=st.sampled_from([3, 20]),
    by=st.sampled_from(["pointer", "anchor"]),
    policy=st.sampled_from(["strict", "practical"]),
)
def test_what_doubles_ends(shapes, times, by, policy):
    spent = []

    class Counted(Effort):
        def spend(self, steps=1):
            spent.append(steps if steps <= self.left else 0)
            super().spend(steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trunkline.contracts.compat.compare.Effort", Counted)
        found = compare(doubled(shapes * times, WHOLE, by), doubled(shapes * times, SMALL, by), policy)
    assert sum(spent) <= MOST_STEPS
    assert {found.effect("backward"), found.effect("forward")} <= {"compatible", "breaking", "undecided"}


# What is cut short says so, and what to do about it.
def test_it_says_that_it_took_too_long():
    found = compare(doubled(["all"] * 60, WHOLE, "pointer"), doubled(["all"] * 60, SMALL, "pointer"))
    assert found.effect("backward") == "undecided"
    assert f"more than {effort.MOST_STEPS:,} steps" in found.changes[-1].detail
    assert "compare parts of them" in found.changes[-1].detail


# Long lists of names and values are compared in time that grows with them, not with their square.
@pytest.mark.timeout(20)
@pytest.mark.parametrize("keyword", ["required", "enum"])
def test_long_lists(keyword):
    names = [f"p{number}" for number in range(40_000)]
    found = compare({keyword: names}, {keyword: names[::-1]}, "strict")
    assert [change.kind for change in found.changes] == ["shape-changed"]


# Patterns that take long to compile are refused before the engine is called.
@pytest.mark.parametrize("pattern", [r"((\p{L}{100}){100}){100}", "^(a{1,1000}){1,1000}$"])
def test_patterns_that_take_long(pattern):
    with pytest.raises(ValueError, match="take too long to compile"):
        compare({"pattern": pattern}, {"pattern": "a"})


# What is dear is not begun, and what is cheap may still be done, for a while.
def test_spending():
    effort = Effort(32)
    with pytest.raises(Exhausted):
        effort.spend(33)
    assert effort.is_exhausted
    effort.spend(5)
    with pytest.raises(Exhausted):
        effort.spend(30)


# A cycle of references that is long, or two of lengths that hardly meet, ends too.
@pytest.mark.timeout(30)
def test_cycles():
    def cycle(length, value):
        defs = {
            f"n{n}": {"properties": {"next": {"$ref": f"#/$defs/n{(n + 1) % length}"}, "value": value}}
            for n in range(length)
        }
        return {"$defs": defs, "$ref": "#/$defs/n0"}

    assert compare(cycle(101, WHOLE), cycle(97, SMALL)).effect("backward") == "breaking"
    assert compare(cycle(401, WHOLE), cycle(399, WHOLE)).effect("backward") in ("compatible", "undecided")
