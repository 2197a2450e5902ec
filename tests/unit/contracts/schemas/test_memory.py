"""The reference store of bare schemas."""

from __future__ import annotations

from trunkline.contracts.schemas.memory import MemorySchemas
from trunkline.contracts.schemas.store import SchemaText, SchemaVersion


# A version is kept if its number is the next, and stays when it is retired.
async def test_versions():
    store, schema = MemorySchemas(), SchemaText("json", "{}", "00")
    assert await store.add(SchemaVersion("a", 1, 7, schema), "ann")
    assert not await store.add(SchemaVersion("a", 1, 8, schema), "bob")
    await store.retire("a", 1, "ann")
    assert [(one.id, one.retired) for one in await store.versions("a")] == [(7, True)]
    assert (await store.holding(7), await store.holding(8)) == (await store.versions("a"), [])
    assert await store.subjects() == ["a"]


# A mode is set and unset by subject.
async def test_modes():
    store = MemorySchemas()
    await store.set_mode("a", "full", "ann")
    assert (await store.mode("a"), await store.mode("")) == ("full", None)
    await store.set_mode("a", None, "ann")
    assert await store.mode("a") is None
