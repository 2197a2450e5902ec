"""What one may do with schemas by subject."""

from __future__ import annotations

import json

import pytest

from trunkline.contracts.schemas.memory import MemorySchemas
from trunkline.contracts.schemas.store import SchemaReference, SchemaVersion
from trunkline.contracts.schemas.subjects import (
    Incompatible,
    NoSuchSchema,
    NoSuchSubject,
    NoSuchVersion,
    NotASchema,
    Referred,
    Subjects,
)

TEXT, NUMBER = '{"type": "string"}', '{"type": "number"}'
WIDE = '{"type": ["string", "number"]}'


def subjects():
    return Subjects(MemorySchemas(), "confluent")


async def add(found, subject, text, kind="json", references=()):
    return await found.register(subject, await found.read(kind, text, references), "ann")


# The same schema is one version of its subject, and has one id in every subject.
async def test_registering_again():
    found = subjects()
    one, again, other = (
        await add(found, "a", TEXT),
        await add(found, "a", ' {"type":"string"}'),
        await add(found, "b", TEXT),
    )
    assert (one, other.number, other.id) == (again, 1, one.id)
    assert [version.subject for version in await found.holding(one.id)] == ["a", "b"]
    assert 0 <= one.id < 2**31


# Two contents whose ids would be one get two.
async def test_ids_that_collide():
    found = subjects()
    schema = await found.read("json", TEXT, ())
    identifier = int(schema.digest[:8], 16) >> 1
    await found.store.add(SchemaVersion("a", 1, identifier, await found.read("json", NUMBER, ())), "ann")
    assert (await add(found, "b", TEXT)).id == (identifier + 1) % 2**31


# A new version owes what the mode says, to as many before it as the mode says.
async def test_modes():
    found = subjects()
    await add(found, "a", TEXT)
    with pytest.raises(Incompatible, match=r"version 1: type changed at '' \(backward: breaking\)"):
        await add(found, "a", NUMBER)
    await add(found, "a", WIDE)
    await found.store.set_mode("a", "forward", "ann")
    with pytest.raises(Incompatible, match="forward: breaking"):
        await add(found, "a", "{}")
    await found.store.set_mode("a", None, "ann")
    await found.store.set_mode("", "none", "ann")
    assert (await add(found, "a", '"int"', kind="avro")).number == 3


# With a transitive mode all versions count, without it the last alone.
async def test_transitive_modes():
    found = subjects()
    await add(found, "a", TEXT)
    await found.store.set_mode("a", "none", "ann")
    await add(found, "a", NUMBER)
    schema, versions = await found.read("json", NUMBER, ()), await found.versions("a")
    assert await found.breaks(schema, versions, "backward") == []
    assert len(await found.breaks(schema, versions, "backward_transitive")) == 1


# What was retired counts no more, is found by its id for ever, and is a new version if it comes again.
async def test_retiring():
    found = subjects()
    one = await add(found, "a", TEXT)
    await found.retire("a", -1, "ann")
    with pytest.raises(NoSuchSubject):
        await found.versions("a")
    assert (await found.holding(one.id))[0].retired
    assert (await found.names(), await found.names(retired=True)) == ([], ["a"])
    assert (await add(found, "a", NUMBER)).number == 2
    await found.store.set_mode("", "none", "ann")
    assert (await add(found, "a", TEXT)).number == 3


# What another schema refers to is not retired, and what is not there is not referred to.
async def test_references():
    found = subjects()
    await add(found, "line", TEXT)
    text = json.dumps({"items": {"$ref": "line.json"}})
    await add(found, "order", text, references=[SchemaReference("line.json", "line", 1)])
    with pytest.raises(Referred):
        await found.retire("line", 1, "ann")
    with pytest.raises(NotASchema, match="no schema reference found for line version 7"):
        await add(found, "order", text, references=[SchemaReference("line.json", "line", 7)])


# What is not there is told by kind: the subject, the version, the schema.
async def test_what_is_not_there():
    found = subjects()
    await add(found, "a", TEXT)
    with pytest.raises(NoSuchVersion):
        await found.version("a", 2)
    with pytest.raises(NoSuchSchema):
        await found.look_up("a", await found.read("json", NUMBER, ()))
    with pytest.raises(NoSuchSchema):
        await found.holding(1)


# A number that was taken meanwhile is decided anew.
async def test_two_at_once():
    found = subjects()
    add_first, other = found.store.add, await found.read("json", TEXT, ())

    async def overtaken(version, author):
        found.store.add = add_first
        await found.register("a", other, "bob")
        return await add_first(version, author)

    found.store.add = overtaken
    assert (await add(found, "a", WIDE)).number == 2
