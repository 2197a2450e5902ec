"""What a version says is known by a digest that spelling does not change, and by a number made of it."""

from __future__ import annotations

import json

import pytest
import yaml
from tests.contract_files import odcs
from tests.unit.contracts.registry.versions import ID, NOTE, TOTAL, contract, subject

from trunkline.contracts.contract import load, load_all
from trunkline.contracts.registry.content import (
    content_id,
    contract_digest,
    contract_of_version,
    digest_of,
    shape_of_contract,
)
from trunkline.contracts.registry.memory import MemoryRegistry
from trunkline.contracts.registry.version import Reference
from trunkline.kernel.errors import TrunklineError
from trunkline.testkit.registry import content, registered


# Comments, order of keys, quotes, the version and the status change nothing; what is said does.
def test_what_counts():
    text = odcs([ID, TOTAL])
    digest = contract_digest(load(text, "f"))
    respelled = "# a comment\n" + yaml.safe_dump(json.loads(text), sort_keys=True)
    assert contract_digest(load(respelled, "f")) == digest
    assert contract_digest(contract("1.0.1", TOTAL, status="draft")) == contract_digest(contract("1", TOTAL))
    assert contract_digest(contract("1.0.0", TOTAL, NOTE)) != digest


# Of a file with several objects each is its own, and a change of one is no change of the other.
def test_several_objects():
    def file(kind):
        objects = [
            {"name": name, "properties": [{"name": "a", "logicalType": each}]}
            for name, each in (("one", "string"), ("two", kind))
        ]
        return odcs([], schema=objects)

    before, after = (load_all(file(kind), "f") for kind in ("string", "integer"))
    same = [contract_digest(old) == contract_digest(new) for old, new in zip(before, after, strict=True)]
    assert same == [True, False]
    assert before[0].origin.text == file("string")


# Language and references are part of what a version says.
def test_the_digest_of_any_text():
    plain = digest_of("json", {})
    assert len({plain, digest_of("avro", {}), digest_of("json", {}, [Reference("a", "b", 1)])}) == 3


# The id is 31 bits of the digest, the same wherever and never 0; the next one is taken where another
# content has it.
async def test_ids():
    registry, digest = MemoryRegistry(), f"{0xFFFFFFFF:08x}" + "0" * 56
    assert await content_id(registry, digest) == 2**31 - 1
    await registry.append("other", registered(1, "1.0.0", content=content(content_id=2**31 - 1)))
    assert await content_id(registry, digest) == 1
    await registry.append("same", registered(1, "1.0.0", content=content(content_id=1)))
    assert await content_id(registry, content(content_id=1).digest) == 1


# A registered text is read again as it was, by the name of its subject.
def test_registered_texts():
    there = subject(contract("1.0.0", TOTAL))
    assert contract_of_version(there.versions[0]).ref == "thing@1.0.0"
    assert "title" not in shape_of_contract(contract("1.0.0", TOTAL)).schema
    [stranger] = subject(load(odcs([ID], name="other"), "f")).versions
    with pytest.raises(TrunklineError, match="describes another contract"):
        contract_of_version(stranger)
