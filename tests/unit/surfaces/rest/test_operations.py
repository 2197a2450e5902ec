"""Every question and act has one operation, with who may and where it is."""

from __future__ import annotations

from typing import get_args

import msgspec
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


_INSTANTS = {
    "at",
    "since",
    "until",
    "first_seen",
    "last_seen",
    "arrived",
    "recorded",
    "time",
    "began",
    "ended",
}


def _structs(kind, found):
    for one in get_args(kind):
        _structs(one, found)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
        found.add(kind)
        for field in msgspec.structs.fields(kind):
            _structs(field.type, found)


# A time that is answered is a text (RFC 3339), never a number.
def test_times():
    found = set()
    for one in OPERATIONS:
        _structs(one.result, found)
    wrong = [
        (kind.__name__, field.name)
        for kind in found
        for field in msgspec.structs.fields(kind)
        if field.name in _INSTANTS and int in (field.type, *get_args(field.type))
    ]
    assert not wrong
    assert any(field.name == "at" for kind in found for field in msgspec.structs.fields(kind))
