"""A contract as a JSON Schema file: what its records are checked by, with what its fields mean written in."""

from __future__ import annotations

import copy
from typing import Any

from trunkline.contracts.docs.describe import part_of
from trunkline.contracts.docs.model import ContractDoc, FieldDoc
from trunkline.contracts.leaves import Schema


def file_name(doc: ContractDoc) -> str:
    """Return what the file is called: ``order@1.2.0.schema.json``."""
    return f"{doc.ref}.schema.json"


def schema_of(doc: ContractDoc) -> dict[str, Any]:
    """Return the schema of a contract; what is added to it are annotations, so it accepts the same."""
    schema = copy.deepcopy(doc.schema)
    title = {"title": doc.title}
    meaning = {"description": doc.description} if doc.description else {}
    head = {"$schema": schema.pop("$schema"), "$id": f"urn:trunkline:contract:{doc.name}:{doc.version}"}
    _annotate(schema, doc.fields)
    return head | schema | title | meaning


def _annotate(schema: Schema, fields: tuple[FieldDoc, ...]) -> None:
    for field in fields:
        part = part_of(schema, field.name)
        said = {"title": field.title, "description": field.meaning, "x-classification": field.classification}
        part |= {key: text for key, text in said.items() if text}
        if field.personal:
            part["x-personal"] = True
        if field.roles:
            part["x-roles"] = list(field.roles)
        _annotate(part, field.fields)
