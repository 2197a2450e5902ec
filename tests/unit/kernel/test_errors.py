"""Errors say what to do, and whether to try again is in their type."""

from __future__ import annotations

import inspect

from trunkline.kernel import errors
from trunkline.kernel.errors import Final, ProjectError, Retryable, TrunklineError
from trunkline.kernel.faults import Fault, Place


def classes():
    return [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
    ]


def test_every_error_is_one_of_ours_and_documented():
    for kind in classes():
        assert issubclass(kind, TrunklineError)
        assert inspect.getdoc(kind)


def test_the_tree_drawn_at_the_top_names_every_error():
    drawing = inspect.getdoc(errors) or ""
    for kind in classes():
        assert kind.__name__ in drawing


def test_a_project_error_carries_all_its_faults():
    faults = [Fault(Place("a.yaml", line, 1), "wrong") for line in (1, 2)]
    error = ProjectError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "a.yaml:1:1: wrong\na.yaml:2:1: wrong"


def test_whether_to_try_again_is_in_the_type():
    assert Retryable("http-503", "busy", retry_after_seconds=3).retry_after_seconds == 3
    assert not issubclass(Final, Retryable)
    assert Final("http-400", "no").kind == "http-400"
