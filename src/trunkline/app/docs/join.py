"""A project to what its readers see: who publishes, who consumes, and what goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.app.docs.model import (
    ContractPage,
    FlowDoc,
    Passing,
    PersonalField,
    ProjectDocs,
    Release,
    SourceDoc,
    SystemDoc,
    TargetDoc,
)
from trunkline.app.lineage import way_of
from trunkline.app.model import SystemFile
from trunkline.app.project import Flow, Project, Source, Target
from trunkline.contracts.contract import Contract
from trunkline.contracts.docs.describe import described
from trunkline.contracts.docs.model import FieldDoc

ANY = "*"
"""Stands for any field of a target, where it cannot be told which."""

_PLACES = ("path", "folder", "request", "table")


def joined(project: Project, releases: Mapping[str, Sequence[Release]] | None = None) -> ProjectDocs:
    """Return what there is to say of a project; ``releases`` are by stream, the latest first."""
    pages = {
        stream: _page(project, one, tuple((releases or {}).get(stream, ())))
        for stream, one in sorted(project.contracts.items())
    }
    listen = project.settings.listen
    return ProjectDocs(
        name=project.settings.project,
        title=project.settings.title or project.settings.project,
        door=f"[{listen.host}]:{listen.port}" if ":" in listen.host else f"{listen.host}:{listen.port}",
        contracts=tuple(pages.values()),
        systems=tuple(_system(project, one) for one in _in_order(project.systems)),
        flows=tuple(_flow(one) for one in _in_order(project.flows)),
        personal=tuple(
            _personal(project, page, field) for page in pages.values() for field in page.contract.personal
        ),
    )


def _in_order(named: Mapping[str, Any]) -> list[Any]:
    return [one for _, one in sorted(named.items())]


def _page(project: Project, contract: Contract, releases: tuple[Release, ...]) -> ContractPage:
    flows = [one for one in _in_order(project.flows) if one.target.contract.stream == contract.stream]
    return ContractPage(
        described(contract),
        project.owners_of(contract),
        tuple(map(_source, project.sources_of(contract))),
        tuple(map(_flow, project.flows_of(contract))),
        tuple(map(_target, project.targets_of(contract))),
        tuple(map(_flow, flows)),
        releases,
    )


def _system(project: Project, one: SystemFile) -> SystemDoc:
    return SystemDoc(
        one.system,
        one.title or one.system,
        one.kind,
        one.owner,
        one.answering,
        tuple(_source(each) for each in _in_order(project.sources) if each.system == one.system),
        tuple(_target(each) for each in _in_order(project.targets) if each.system.system == one.system),
    )


def _source(source: Source) -> SourceDoc:
    return SourceDoc(
        source.name,
        source.system,
        source.via,
        source.contract.stream,
        _place(source.settings),
        source.given.stream,
        _proof(source),
    )


def _proof(source: Source) -> str:
    """Return the name of the scheme by which senders prove themselves, never what it is set to."""
    verify = getattr(source.settings, "verify", "")
    return ", ".join(verify) if isinstance(verify, dict) else verify


def _target(target: Target) -> TargetDoc:
    return TargetDoc(
        target.name, target.system.system, target.via, target.contract.stream, _place(target.settings)
    )


def _place(settings: Any) -> str:
    return next((str(getattr(settings, name)) for name in _PLACES if hasattr(settings, name)), "")


def _flow(flow: Flow) -> FlowDoc:
    said = flow.settings
    return FlowDoc(
        name=flow.name,
        title=said.title,
        stream=flow.contract.stream,
        target=_target(flow.target),
        mapping=tuple((said.map or {}).items()),
        python=said.python or "",
        when=said.when or "",
        freshness=said.needs.freshness or "",
        delivery=said.needs.delivery,
        attempts=said.retry.attempts,
        when_dead=said.when_dead,
        replies=said.reply is not None,
    )


def _personal(project: Project, page: ContractPage, field: FieldDoc) -> PersonalField:
    flows = {one.name: one for one in page.flows}
    contract = project.contracts[page.contract.stream]
    found = next(one for one in contract.fields if ".".join(one.path) == field.path)
    passed = tuple(
        Passing(flows[reach.flow], reach.fields if reach.certain else (ANY,))
        for reach in way_of(project, contract, found).reaches
        if reach.fields
    )
    return PersonalField(page.contract, field, page.sources, passed, page.targets)
