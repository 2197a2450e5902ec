"""A project to what its readers see: who publishes, who consumes, and what goes where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from trunkline.app.model import SystemFile
from trunkline.app.project import Flow, Project, Source, Target
from trunkline.contracts.docs.describe import described
from trunkline.contracts.docs.model import FieldDoc

ANY = "*"
"""Stands for any field of a target, where it cannot be told which."""

_PLACES = ("path", "folder", "request", "table")


def joined(project: Project, releases: Mapping[str, Sequence[Release]] | None = None) -> ProjectDocs:
    """Return what there is to say of a project; ``releases`` are by stream, the latest first."""
    sources = [_source(one) for one in _in_order(project.sources)]
    targets = [_target(one) for one in _in_order(project.targets)]
    flows = [_flow(one) for one in _in_order(project.flows)]
    parts = _Parts(sources, targets, flows)
    pages = tuple(
        parts.page(ContractPage(described(one), releases=tuple((releases or {}).get(one.stream, ()))))
        for one in _in_order(project.contracts)
    )
    listen = project.settings.listen
    return ProjectDocs(
        name=project.settings.project,
        title=project.settings.title or project.settings.project,
        door=f"[{listen.host}]:{listen.port}" if ":" in listen.host else f"{listen.host}:{listen.port}",
        contracts=pages,
        systems=tuple(parts.system(one) for one in _in_order(project.systems)),
        flows=tuple(flows),
        personal=tuple(_personal(page, field) for page in pages for field in page.contract.personal),
    )


def _in_order(named: Mapping[str, Any]) -> list[Any]:
    return [one for _, one in sorted(named.items())]


class _Parts:
    """Sources, targets and flows, to be found by what they belong to."""

    def __init__(
        self, sources: Sequence[SourceDoc], targets: Sequence[TargetDoc], flows: Sequence[FlowDoc]
    ) -> None:
        self._sources = _by(sources, "stream")
        self._targets = _by(targets, "contract")
        self._flows = _by(flows, "stream")
        self._deliveries = _by(flows, "target.contract")
        self._published = _by(sources, "system")
        self._accepted = _by(targets, "system")

    def page(self, bare: ContractPage) -> ContractPage:
        stream = bare.contract.stream
        return ContractPage(
            bare.contract,
            self._sources.get(stream, ()),
            self._flows.get(stream, ()),
            self._targets.get(stream, ()),
            self._deliveries.get(stream, ()),
            bare.releases,
        )

    def system(self, one: SystemFile) -> SystemDoc:
        return SystemDoc(
            one.system,
            one.title or one.system,
            one.kind,
            one.owner,
            one.data_owner or one.owner,
            self._published.get(one.system, ()),
            self._accepted.get(one.system, ()),
        )


def _by(values: Sequence[Any], key: str) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for value in values:
        owner = value
        for name in key.split("."):
            owner = getattr(owner, name)
        found[owner] = (*found.get(owner, ()), value)
    return found


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
        reads=tuple((field, tuple(sorted(paths))) for field, paths in sorted(flow.mapping.lineage.items())),
    )


def _personal(page: ContractPage, field: FieldDoc) -> PersonalField:
    passed = tuple(Passing(flow, into) for flow in page.flows if (into := tuple(_into(flow, field.path))))
    return PersonalField(page.contract, field, page.sources, passed, page.targets)


def _into(flow: FlowDoc, path: str) -> Iterator[str]:
    """Yield the fields of a flow's target that a field is read for."""
    own = _names(path)
    if not flow.mapping:
        yield ANY if flow.python else ".".join(own)
        return
    for field, paths in flow.reads:
        if field in dict(flow.mapping) and any(_overlap(own, _names(each)) for each in paths):
            yield field


def _names(path: str) -> list[str]:
    """Return the names of a path; items of arrays and values of maps are not told apart by mappings."""
    return [name for name in path.split(".") if name not in ("-", "*", "")]


def _overlap(one: list[str], other: list[str]) -> bool:
    """Tell whether one of two fields is the other, or stands in it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
