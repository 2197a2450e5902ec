"""The catalogue: which systems, contracts and flows there are, whose, and where personal data goes."""

from __future__ import annotations

import msgspec

from trunkline.app.lineage import is_stream, way_of
from trunkline.app.loops import circles, ending, pairs
from trunkline.app.model import Owner, SystemFile
from trunkline.app.project import Flow, Project
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import dotted


class SystemEntry(msgspec.Struct, frozen=True):
    """A system: what it is, who answers for it and for its data, what it publishes and accepts."""

    system: str
    title: str
    kind: str
    owner: Owner
    data_owner: Owner
    publishes: tuple[str, ...]
    accepts: tuple[str, ...]


class ContractEntry(msgspec.Struct, frozen=True):
    """A contract: its version, whose data it is, its state and duties, and how many fields are personal."""

    stream: str
    version: str
    title: str
    owner: str
    status: str
    retention: str
    legal_basis: str
    fields: int
    personal: int


class FlowEntry(msgspec.Struct, frozen=True):
    """A flow: from which systems and stream to which target, whether it is a draft, how it ends a circle."""

    flow: str
    title: str
    sources: tuple[str, ...]
    stream: str
    target: str
    draft: bool
    loop: str


class PersonalEntry(msgspec.Struct, frozen=True):
    """A personal field and every system it goes to; ``perhaps`` where only a Python mapping may send it."""

    stream: str
    field: str
    classification: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    perhaps: tuple[str, ...]


class Links(msgspec.Struct, frozen=True):
    """What the hub replaced: ``pairs`` of systems that flows join, by ``ends``, its sources and targets."""

    pairs: int
    ends: int


class Catalogue(msgspec.Struct, frozen=True):
    """Everything a project has, by name."""

    project: str
    systems: list[SystemEntry]
    contracts: list[ContractEntry]
    flows: list[FlowEntry]
    personal: list[PersonalEntry]
    links: Links
    circles: list[list[str]]


def catalogue(project: Project) -> Catalogue:
    """Return the catalogue of a project, from its files alone."""
    return Catalogue(
        project.settings.project,
        [_system(project, one) for _, one in sorted(project.systems.items())],
        [_contract(project, one) for _, one in sorted(project.contracts.items())],
        [_flow(project, one) for _, one in sorted(project.flows.items())],
        [entry for _, one in sorted(project.contracts.items()) for entry in _personal(project, one)],
        Links(len(pairs(project)), len(project.sources) + len(project.targets)),
        circles(project),
    )


def _system(project: Project, system: SystemFile) -> SystemEntry:
    sources = [one.name for one in project.sources.values() if one.system == system.system]
    targets = [one.name for one in project.targets.values() if one.system.system == system.system]
    return SystemEntry(
        system.system,
        system.title,
        system.kind,
        system.owner,
        system.answering,
        tuple(sorted(sources)),
        tuple(sorted(targets)),
    )


def _contract(project: Project, contract: Contract) -> ContractEntry:
    about = contract.about
    return ContractEntry(
        contract.stream,
        contract.version,
        about.title,
        ", ".join(project.owners_of(contract)),
        about.status,
        about.retention,
        about.legal_basis,
        len(contract.fields),
        sum(field.personal for field in contract.fields),
    )


def _flow(project: Project, flow: Flow) -> FlowEntry:
    return FlowEntry(
        flow.name,
        flow.settings.title,
        tuple(one.name for one in project.sources_of(flow.contract)),
        flow.contract.stream,
        flow.target.name,
        flow.settings.draft,
        ending(flow),
    )


def _personal(project: Project, contract: Contract) -> list[PersonalEntry]:
    entries: dict[str, PersonalEntry] = {}
    if not is_stream(project, contract):
        return []
    for field in contract.fields:
        if not field.personal or dotted(field) in entries:
            continue
        way = way_of(project, contract, field)
        certain = sorted({one.target for one in way.reaches if one.certain and one.fields})
        perhaps = sorted({one.target for one in way.reaches if not one.certain} - set(certain))
        entries[way.field] = PersonalEntry(
            way.stream, way.field, way.classification, way.sources, tuple(certain), tuple(perhaps)
        )
    return list(entries.values())
