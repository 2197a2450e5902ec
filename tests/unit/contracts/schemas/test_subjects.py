"""What one may do with schemas by subject."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from trunkline.adapters.journal.registry import JournalRegistry
from trunkline.contracts.contract import load_all
from trunkline.contracts.registry.acts import Who, register
from trunkline.contracts.registry.memory import MemoryRegistry
from trunkline.contracts.registry.version import EVERY, Content, Reference, Settings
from trunkline.contracts.schemas.reading import schema_of
from trunkline.contracts.schemas.subjects import (
    DEFAULTS,
    Incompatible,
    NoSuchSchema,
    NoSuchSubject,
    NoSuchVersion,
    NotASchema,
    NotHere,
    Referred,
    Subjects,
)
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.registry import registered

_CHILD = """
import asyncio, sys
from pathlib import Path
from trunkline.adapters.journal.registry import JournalRegistry
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.testkit.clock import ManualClock

async def main(folder, lane):
    found, number, name = Subjects(JournalRegistry(Path(folder)), ManualClock()), 0, "a/b:.ctx:"
    await found.set_compatibility(name, "none", lane)
    while True:
        text = '{"const": "' + lane + str(number) + "x" * 5_000 + '"}'
        one = await found.register(name, await found.read("json", text, ()), lane)
        print(one.number, one.content.id, text, flush=True)
        number += 1

asyncio.run(main(*sys.argv[1:]))
"""
ORDER = """
apiVersion: v3.1.0
kind: DataContract
id: order
name: order
version: 1.0.0
status: active
schema:
  - name: order
    logicalType: object
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true}
"""
TEXT, NUMBER = '{"type": "string"}', '{"type": "number"}'
WIDE = '{"type": ["string", "number"]}'


@pytest.fixture(params=["memory", "journal"])
def registry(request, tmp_path):
    return MemoryRegistry() if request.param == "memory" else JournalRegistry(tmp_path / "registry")


@pytest.fixture
def found(registry):
    return Subjects(registry, ManualClock(), "confluent", {"invoice"})


def contract_of(text):
    [contract] = load_all(text, "order.odcs.yaml")
    return contract


async def add(found, subject, text, kind="json", references=()):
    return await found.register(subject, await found.read(kind, text, references), "ann")


# The same schema is one version of its subject, and has one id in every subject.
async def test_registering_again(found):
    one, again, other = (
        await add(found, "a", TEXT),
        await add(found, "a", ' {"type":"string"}'),
        await add(found, "b", TEXT),
    )
    assert (one, other.number, other.content.id) == (again, 1, one.content.id)
    assert [version.subject for version in await found.holding(one.content.id)] == ["a", "b"]
    assert 0 < one.content.id < 2**31


# Two contents whose ids would be one get two.
async def test_ids_that_collide(found, registry):
    schema = await found.read("json", TEXT, ())
    identifier = int(schema.digest[:8], 16) >> 1
    other = Content(kind="json", text=NUMBER, digest="0" * 64, id=identifier)
    await registry.append("a", registered(1, "1.0.0", content=other))
    assert (await add(found, "b", TEXT)).content.id == identifier + 1


# A new version owes what the mode says, to as many before it as the mode says.
async def test_modes(found):
    await add(found, "a", TEXT)
    with pytest.raises(
        Incompatible, match=r"version 1: type changed at '' \(backward: breaking\), for instance \"\""
    ):
        await add(found, "a", NUMBER)
    await add(found, "a", WIDE)
    await found.set_compatibility("a", "forward", "ann")
    with pytest.raises(Incompatible, match="forward: breaking"):
        await add(found, "a", "{}")
    await found.set_compatibility("a", None, "ann")
    await found.set_compatibility(EVERY, "none", "ann")
    assert (await add(found, "a", '"int"', kind="avro")).number == 3


# With a transitive mode all versions count, without it the last alone.
async def test_transitive_modes(found):
    await add(found, "a", TEXT)
    await found.set_compatibility("a", "none", "ann")
    await add(found, "a", NUMBER)
    schema, versions = await found.read("json", NUMBER, ()), await found.versions("a")
    assert await found.breaks(schema, versions, "backward") == []
    assert len(await found.breaks(schema, versions, "backward_transitive")) == 1


# What was retired counts no more, is found by its id for ever, and is a new version if it comes again.
async def test_retiring(found):
    one = await add(found, "a", TEXT)
    await found.retire("a", -1, "ann")
    with pytest.raises(NoSuchSubject):
        await found.versions("a")
    assert (await found.holding(one.content.id))[0].retired
    assert (await found.names(), await found.names(retired=True)) == ([], ["a"])
    assert (await add(found, "a", NUMBER)).number == 2
    await found.set_compatibility(EVERY, "none", "ann")
    assert (await add(found, "a", TEXT)).number == 3


# What another schema refers to is not retired, and what is not there is not referred to.
async def test_references(found):
    await add(found, "line", TEXT)
    text = json.dumps({"items": {"$ref": "line.json"}})
    await add(found, "order", text, references=[Reference("line.json", "line", 1)])
    with pytest.raises(Referred):
        await found.retire("line", 1, "ann")
    with pytest.raises(NotASchema, match="no schema reference found for line version 7"):
        await add(found, "order", text, references=[Reference("line.json", "line", 7)])


# What is not there is told by kind: the subject, the version, the schema.
async def test_what_is_not_there(found):
    await add(found, "a", TEXT)
    with pytest.raises(NoSuchVersion):
        await found.version("a", 2)
    with pytest.raises(NoSuchSchema):
        await found.look_up("a", await found.read("json", NUMBER, ()))
    with pytest.raises(NoSuchSchema):
        await found.holding(1)


# An act that another came before is decided anew.
async def test_two_at_once(found, registry, monkeypatch):
    append, other = registry.append, await found.read("json", TEXT, ())

    async def overtaken(name, entry):
        monkeypatch.setattr(registry, "append", append)
        await found.register("a", other, "bob")
        return await append(name, entry)

    monkeypatch.setattr(registry, "append", overtaken)
    assert (await add(found, "a", WIDE)).number == 2


# The same again writes nothing, neither a schema nor a setting.
async def test_no_write(found, registry):
    await add(found, "a", TEXT)
    await found.set_compatibility("a", "full", "ann")
    await add(found, "a", TEXT)
    await found.set_compatibility("a", "full", "bob")
    assert [(one.act, one.version, one.by) for one in await registry.history("a")] == [
        ("register", "1.0.0", "ann"),
        ("configure", "", "ann"),
    ]


# What is set for a subject goes before what is set for all; each survives in the registry.
async def test_settings(found, registry):
    assert await found.settings("a") == DEFAULTS
    await found.set_compatibility(EVERY, "forward", "ann")
    await found.set_access("a", "readonly", "ann")
    again = Subjects(registry, ManualClock())
    assert await again.settings("a") == Settings("forward", "readonly")
    assert (await again.own_settings("a"), await again.settings(EVERY)) == (
        Settings(None, "readonly"),
        Settings("forward", "readwrite"),
    )
    assert await again.names(retired=True) == []


# A subject that is read only, or that all are, takes nothing but its access; what it has is found.
async def test_read_only(found):
    one = await add(found, "a", TEXT)
    for where in ("a", EVERY):
        await found.set_access(where, "readonly", "ann")
        assert await add(found, "a", TEXT) == one
        with pytest.raises(NotHere, match="Subject 'a' is in read-only mode"):
            await add(found, "a", WIDE)
        with pytest.raises(NotHere):
            await found.retire("a", 1, "ann")
        with pytest.raises(NotHere):
            await found.set_compatibility("a", "none", "ann")
        await found.set_access(where, None, "ann")
    assert (await add(found, "a", WIDE)).number == 2


# A contract is read as the JSON Schema of its records by its number, and written by its file alone.
async def test_contracts(found, registry):
    order = contract_of(ORDER)
    await register(registry, order, Who("ann", "first"), ManualClock())
    version = await found.version("order", 1)
    told = schema_of(version)
    assert json.loads(told.text)["properties"].keys() == order.schema["properties"].keys()
    assert (await found.look_up("order", told)).version == version.version
    assert await found.register("order", told, "ann") == version
    assert await found.own_settings("order") == Settings("backward_transitive", "readonly")
    refusals = [
        add(found, "order", TEXT),
        add(found, "invoice", TEXT),
        found.retire("order", 1, "ann"),
        found.set_compatibility("order", "none", "ann"),
        found.set_access("invoice", "readwrite", "ann"),
    ]
    for each in refusals:
        with pytest.raises(NotHere, match=r"`trunkline contract register (order|invoice)`"):
            await each


# A contract does not become a version of bare schemas that have its name.
async def test_a_name_that_is_taken(found, registry):
    await add(found, "order", TEXT)
    verdict = await register(registry, contract_of(ORDER), Who("ann", "first"), ManualClock())
    assert (verdict.outcome, verdict.least) == ("refused", "")
    assert "bare schemas" in verdict.reasons[0]


# Two processes that register and set are killed again and again: all that was told is there, once.
def test_killed(tmp_path):
    told = []
    for turn in range(3):
        children = [
            subprocess.Popen(
                [sys.executable, "-c", _CHILD, str(tmp_path / "registry"), f"{turn}{lane}"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for lane in range(2)
        ]
        for child in children:
            told += [child.stdout.readline().strip() for _ in range(4)]
        for child in children:
            child.send_signal(signal.SIGKILL)
            rest, _ = child.communicate()
            told += rest.split("\n")[:-1]
    journal = JournalRegistry(tmp_path / "registry")
    subjects = Subjects(journal, ManualClock())
    kept = asyncio.run(subjects.versions("a/b:.ctx:", retired=True))
    assert [one.number for one in kept] == list(range(1, len(kept) + 1))
    assert set(told) <= {f"{one.number} {one.content.id} {one.content.text}" for one in kept}
    assert len(told) == len(set(told)) >= 24
    assert asyncio.run(subjects.settings("a/b:.ctx:")).compatibility == "none"


# Each schema that references lead to is read once, however many ways lead there; too many are refused.
async def test_many_references(found, registry, monkeypatch):
    await add(found, "s0", TEXT)
    for level in range(1, 13):
        twice = [Reference(f"{way}{level}.json", f"s{level - 1}", 1) for way in "ab"]
        await add(found, f"s{level}", "{}", references=twice)
    reads, subject = [], registry.subject

    async def counted(name):
        reads.append(name)
        return await subject(name)

    monkeypatch.setattr(registry, "subject", counted)
    texts = await found.texts([Reference("top.json", "s12", 1)])
    assert (len(texts), len(reads)) == (25, 25)
    assert list(texts)[-1] == "top.json"
    with pytest.raises(NotASchema, match="more than 1000 schemas"):
        await found.read("json", TEXT, [Reference(f"{n}.json", "s0", 1) for n in range(1_001)])
