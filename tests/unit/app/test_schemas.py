"""The schema of a file comes from its structs, entry by entry by its kind, and speaks in their words."""

from __future__ import annotations

import pytest

from trunkline.app import schemas
from trunkline.app.model import FlowFile, ProjectFile
from trunkline.app.registry import SOURCES, TARGETS, NoConnection, TableConnection
from trunkline.contracts.document import Document

SYSTEM = """\
system: shop
owner: {team: a, contact: b}
publishes:
  - {stream: order, via: webhook, path: /x, verify: none}
  - {stream: order, via: files, folder: in}
accepts:
  - {name: stock, contract: stock, via: table, table: stock}
"""


def of_system(text):
    document = Document.load(text.encode(), "systems/shop.yaml")
    return schemas.faults_of(document, schemas.schema_of_system(document.value, SOURCES, TARGETS))


# A sound file has no faults, whatever kinds its entries are of.
def test_a_sound_system():
    assert of_system(SYSTEM) == []


# An entry is judged by its own kind: what another kind would take is a fault, at its line.
@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("path: /x", "folder: in", 4, "folder"),
        ("via: files", "via: flies", 5, 'did you mean "files"'),
        ("table: stock}", "table: stock, request: PUT /x}", 7, "request"),
        ("name: stock, ", "", 7, "name"),
        ("  - {stream: order, via: files, folder: in}", "  - files", 5, "a mapping"),
        ("system: shop", "system: Shop", 1, "lower-case letters"),
    ],
)
def test_an_entry_by_its_kind(old, new, line, said):
    found = of_system(SYSTEM.replace(old, new))
    assert [fault for fault in found if fault.place.line == line and said in str(fault)], found


# A text that does not fit a described pattern is told in words, not by the pattern.
def test_patterns_in_words():
    document = Document.load(b"flow: f\nfrom: order@1\nto: shop\n", "flows/f.yaml")
    [fault] = schemas.faults_of(document, schemas.schema_of(FlowFile))
    assert "a system and what it accepts" in fault.expected
    assert "^" not in str(fault)


# Every object of every file is closed: an unknown key is a fault wherever it stands.
@pytest.mark.parametrize("model", [FlowFile, ProjectFile, TableConnection, NoConnection])
def test_every_object_is_closed(model):
    definitions = schemas.schema_of(model)["$defs"].values()
    assert all(one["additionalProperties"] is False for one in definitions if "properties" in one)


# An entry's own keys are those of its kind, without what every entry has.
def test_own_keys():
    entry = {"stream": "order", "via": "webhook", "name": "web", "path": "/x", "verify": "none"}
    assert set(schemas.own_keys(SOURCES["webhook"].settings, entry)) == {"path", "verify"}


# A system's connection is looked at alone, by the kind of target that needs it.
def test_a_connection():
    document = Document.load(b"system: x\nconnection: {sqlte: a.db}\n", "systems/x.yaml")
    [fault] = schemas.faults_of(document, schemas.schema_of_connection(TableConnection))
    assert (fault.place.line, 'did you mean "sqlite"?' in str(fault)) == (2, True)
