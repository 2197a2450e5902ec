"""The use-case behind ``trunkline docs export``: a project, or one contract, as files for other tools."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import msgspec

from trunkline.app.docs.asyncapi import asyncapi
from trunkline.app.docs.markdown import file_name as markdown_name
from trunkline.app.docs.markdown import markdown
from trunkline.app.docs.model import ContractPage, ProjectDocs
from trunkline.app.docs.releases import documented
from trunkline.app.docs.schemafile import file_name as schema_name
from trunkline.app.docs.schemafile import schema_of
from trunkline.app.project import Project, unknown_stream
from trunkline.kernel import json

Kind: TypeAlias = Literal["asyncapi", "jsonschema", "markdown"]
KINDS: tuple[Kind, ...] = get_args(Kind)

ASYNCAPI_FILE = "asyncapi.json"


def exported(project: Project, kind: Kind, contract: str = "") -> dict[str, bytes]:
    """Return the files of an export by their names, of one contract where it is named.

    Raises ``UsageError`` for a contract that is not there.
    """
    docs = documented(project)
    pages = [_page(project, docs, contract)] if contract else list(docs.contracts)
    if kind == "asyncapi":
        only = pages[0].contract if contract else None
        return {ASYNCAPI_FILE: pretty(asyncapi(docs, only))}
    if kind == "jsonschema":
        return {schema_name(page.contract): pretty(schema_of(page.contract)) for page in pages}
    return {markdown_name(page.contract): markdown(page).encode() for page in pages}


def _page(project: Project, docs: ProjectDocs, name: str) -> ContractPage:
    found = project.contract_of(name)
    if found is None:
        raise unknown_stream(project, name)
    return next(page for page in docs.contracts if page.contract.stream == found.stream)


def pretty(value: Any) -> bytes:
    """Return JSON to be read by people and compared by version control."""
    return msgspec.json.format(json.encode(value), indent=2) + b"\n"
