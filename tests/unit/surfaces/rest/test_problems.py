"""Errors become problem details by their place in the tree."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.contracts.registry.acts import NotRegistered
from trunkline.intake.problem import Problem, problem
from trunkline.kernel.errors import (
    BusyError,
    ProjectError,
    StoreError,
    StoreFull,
    TrunklineError,
    UsageError,
)
from trunkline.kernel.faults import Fault, Place
from trunkline.surfaces.access import Denied
from trunkline.surfaces.rest.problems import problem_of


# Each kind of error has its status.
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotRegistered("none"), 404),
        (UsageError("what"), 422),
        (Denied(401, "who"), 401),
        (Denied(403, "not you"), 403),
        (BusyError("later", 1.0), 503),
        (StoreFull("full"), 507),
        (StoreError("broken"), 500),
        (TrunklineError("against a rule"), 409),
        (ProjectError([Fault(Place("text", 1, 2), "wrong")]), 422),
        (ProjectError([Fault(Place("registry/order.jsonl", 1, 1), "changed")]), 500),
    ],
)
def test_statuses(error, status):
    told = problem_of(error)
    assert (told.status, told.detail) == (status, str(error))
    assert (told.type == "about:blank") == (status != 409)


# A problem of the API is one of the door's: what reads the one reads the other, whatever it adds.
def test_one_shape():
    told = msgspec.json.encode(problem_of(UsageError("limit: at least 1")))
    read = msgspec.json.decode(told, type=Problem)
    assert (read.type, read.status, read.detail) == ("about:blank", 422, "limit: at least 1")
    door = msgspec.json.encode(problem(401, "Not known", "say who you are", "c1"))
    assert msgspec.json.decode(door, type=type(problem_of(UsageError("")))).instance.endswith("c1")
