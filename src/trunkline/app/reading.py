"""From the files of a folder to a project: the steps of ``Project.load``, each noting its faults.

A file with faults of its own is left out of what follows, and nothing that refers to it is blamed for
that: every fault that is reported is one to mend.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from trunkline.app import schemas
from trunkline.app.alerting.faults import faults_of_flow, faults_of_project
from trunkline.app.answers import disagreements
from trunkline.app.casts import Casts
from trunkline.app.credentials import literal_credentials, references, shared_variables
from trunkline.app.entries import Entries, read_sources, read_targets
from trunkline.app.folder import read_folder
from trunkline.app.model import FlowFile, ProjectFile, SystemFile
from trunkline.app.policies import terms_of
from trunkline.app.project import PUBLISH, Flow, Project
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.app.sheet import Sheet
from trunkline.app.wiring import flow_of
from trunkline.contracts.contract import Contract
from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault

T = TypeVar("T", bound=msgspec.Struct)


def read(folder: Path) -> tuple[Project | None, list[Fault]]:
    """Return what a folder says and everything that is wrong; no project where its main file is unusable."""
    found = read_folder(folder)
    sheet = Sheet(found.faults)
    main = _main(found.main, sheet)
    contracts = _contracts(found.contracts, sheet)
    casts = Casts(contracts)
    sheet.note(casts.faults)
    entries = Entries(contracts, _systems(found.systems, sheet), sheet, casts)
    with_secrets = [*filter(None, [found.main]), *(document for document, _ in entries.systems)]
    sheet.note(shared_variables(with_secrets))
    sources = read_sources(entries)
    targets = read_targets(entries)
    flows: dict[str, tuple[Document, Flow]] = {}
    for document in found.flows:
        settings = _decoded(document, schemas.schema_of(FlowFile), FlowFile, sheet)
        flow = flow_of(folder, document, settings, entries, targets) if settings else None
        if flow is not None:
            flows[flow.name] = (document, flow)
    sheet.note(list(disagreements(entries, flows)))
    if main is None:
        return None, sheet.faults
    for document, flow in flows.values():
        sheet.note(faults_of_flow(document, flow.settings.alerts, main.alerts))
    systems = {system.system: system for _, system in entries.systems}
    wired = {name: flow for name, (_, flow) in flows.items()}
    files = {system.system: document.file for document, system in entries.systems}
    named = references(with_secrets)
    project = Project(folder, main, entries.contracts, systems, sources, targets, wired, files, named)
    return project, sheet.faults


def _main(document: Document | None, sheet: Sheet) -> ProjectFile | None:
    if document is None:
        return None
    main = _decoded(document, schemas.schema_of(ProjectFile), ProjectFile, sheet)
    if main is not None:
        sheet.note(faults_of_project(document, main.alerts))
    return main


def _contracts(contracts: list[Contract], sheet: Sheet) -> dict[str, Contract]:
    return {one.stream: one for one in contracts if sheet.once("contract", one.stream, one.place)}


def _systems(documents: list[Document], sheet: Sheet) -> list[tuple[Document, SystemFile]]:
    found = []
    for document in documents:
        sheet.note(literal_credentials(document))
        schema = schemas.schema_of_system(document.value, SOURCES, TARGETS)
        system = _decoded(document, schema, SystemFile, sheet)
        if system is None or not sheet.once("system", system.system, document.place(("system",))):
            continue
        if system.system == PUBLISH:
            expected = "another name: records that command line and Python publish have this one"
            sheet.wrong(document, ("system",), f'a system called "{PUBLISH}"', expected)
        try:
            terms_of(system)
        except ValueError as error:
            key = "retry_budget" if "window must" in str(error) else "breaker"
            sheet.wrong(document, (key,), str(error))
        if not system.accepts:
            sheet.note(schemas.faults_of(document, schemas.schema_of_any_connection(TARGETS)))
        found.append((document, system))
    return found


def _decoded(document: Document, schema: schemas.Schema, model: type[T], sheet: Sheet) -> T | None:
    if sheet.note(schemas.faults_of(document, schema)):
        return None
    try:
        return msgspec.convert(document.value, model)
    except msgspec.ValidationError as error:
        sheet.wrong(document, (), str(error))
        return None
