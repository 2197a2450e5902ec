"""Every question and act has one operation, with who may and where it is."""

from __future__ import annotations

import pytest

from trunkline.app import acts, asking
from trunkline.app.act import Act
from trunkline.surfaces.rest.operations import BY_KIND, OPERATIONS

AT_HOME = {acts.Publish, acts.Trim, acts.RevealData}
"""Records come by sources, the log is trimmed where it is, and data is revealed by asking for it."""


# Whatever may be asked or done at home may be so from afar, but for what belongs there.
def test_all_are_there():
    known = {one for one in acts._PERFORM if one not in AT_HOME} | set(asking._ANSWER)
    assert known == {one.kind for one in OPERATIONS}
    assert len(BY_KIND) == len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)


# Questions need the permission to read and acts of people that to act, or more.
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_permissions(operation):
    changes = issubclass(operation.kind, Act) and "by" in operation.kind.__struct_fields__
    assert (operation.may in ("act", "administer")) is changes
    assert operation.method == "POST" if changes else True
    assert operation.does
    assert all(part in operation.kind.__struct_fields__ for part in operation.parts)
