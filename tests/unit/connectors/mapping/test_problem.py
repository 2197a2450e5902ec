"""How a problem of a mapping reads."""

from __future__ import annotations

from trunkline.connectors.mapping import Problem


# Place, problem, expectation and hint, each only where there is one.
def test_problems_read_well() -> None:
    assert (
        str(Problem("a", "it is odd", "a number", "write 5", 3))
        == "a:3: it is odd; expected a number; write 5"
    )
    assert str(Problem("", "it is empty")) == "mapping: it is empty"
