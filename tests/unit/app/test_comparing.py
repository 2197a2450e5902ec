"""Versions compared: files, and registered ones by their names."""

from __future__ import annotations

import pytest

from trunkline.app.comparing import comparison
from trunkline.app.registering import register
from trunkline.contracts.registry.acts import Who
from trunkline.kernel.errors import ProjectError, UsageError
from trunkline.testkit.clock import ManualClock

ORDER = "contracts/order.odcs.yaml"


@pytest.fixture
def registered(folder):
    import asyncio

    asyncio.run(register(folder, ["order"], Who("ann", "a test"), ManualClock()))
    return folder


# A registered version is compared with the file as it is now; each break has its example.
def test_a_registered_version(registered, edit):
    edit(ORDER, "{minimum: 1}\n      - name: changed_at", "{minimum: 5}\n      - name: changed_at")
    found = comparison(registered, "order@1.0.0", str(registered / ORDER), "backward", "practical")
    assert (found.old, found.effect) == ("order@1.0.0", "breaking")
    [change] = found.changes
    assert (change.pointer, change.kind) == ("/properties/revision/minimum", "bound-tightened")
    assert change.backward_example.document["revision"] < 5
    assert comparison(registered, "order@1.0.0", "order@1", "full", "strict").changes == ()


# What is neither a file nor a registered version is an error; without a project both have to be files.
def test_what_is_not_there(registered):
    with pytest.raises(UsageError, match="order has no version 9"):
        comparison(registered, "order@9.0.0", str(registered / ORDER), "full", "practical")
    with pytest.raises(ProjectError, match="cannot be read"):
        comparison(None, "order@1.0.0", str(registered / ORDER), "full", "practical")
