"""The worst of some effects."""

from __future__ import annotations

from trunkline.contracts.compat.difference import Change, Example, worst


# Breaking is worse than undecided, and nothing at all is compatible.
def test_worst():
    assert worst(["compatible", "breaking", "undecided"]) == "breaking"
    assert worst(["undecided", "compatible"]) == "undecided"
    assert worst([]) == "compatible"


# A break is told with its example, or with the reason why there is none; what does not break has neither.
def test_told():
    change = Change(
        pointer="/a",
        kind="type changed",
        detail="",
        backward="breaking",
        forward="breaking",
        backward_example=Example({"a": "b" * 500}),
        forward_evidence="rule",
    )
    assert (change.backward_evidence, change.forward_evidence) == ("example", "rule")
    assert change.told("backward").startswith(', for instance {"a":"bbb')
    assert len(change.told("backward")) < 450
    assert change.told("forward") == "; no document shows this: it is refused by rule"
    harmless = Change(pointer="", kind="", detail="", backward="compatible", forward="compatible")
    assert harmless.told("backward") == harmless.unshown("forward") == ""
