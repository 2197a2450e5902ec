"""Every kind a file may name has settings that describe themselves and a connection that knows its keys."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.app.registry import SOURCES, TARGETS, TableConnection


# Each kind's settings refuse an unknown key: a misspelt one is never ignored.
@pytest.mark.parametrize("kind", [*SOURCES.values(), *TARGETS.values()])
def test_settings_are_closed(kind):
    assert kind.settings.__struct_config__.forbid_unknown_fields
    required = [one for one in msgspec.structs.fields(kind.settings) if one.required]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"no_such_key": 1, **{one.encode_name: "x" for one in required}}, kind.settings)


# Tables are in one database: neither none nor two.
@pytest.mark.parametrize("given", [{}, {"sqlite": "a.db", "postgres": "postgresql://h/d"}])
def test_one_database(given):
    with pytest.raises(msgspec.ValidationError, match="one of the two"):
        msgspec.convert(given, TableConnection)
    assert msgspec.convert({"sqlite": "a.db"}, TableConnection).postgres == ""


# A table's settings are held against its contract.
def test_misfits(backbone):
    contract = backbone.project.contracts["order@1"]
    table = TARGETS["table"]
    fits = msgspec.convert({"table": "orders", "version": "revision"}, table.settings)
    other = msgspec.convert({"table": "orders", "version": "revison"}, table.settings)
    assert table.misfits(fits, contract) == []
    assert "revison" in table.misfits(other, contract)[0]
