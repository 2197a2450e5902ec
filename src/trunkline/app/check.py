"""The use-case behind ``trunkline check``: what a project holds and everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trunkline.adapters.keyfile.private import NotPrivate, read_private
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.app.backbone import KEY_FILE
from trunkline.app.gate.admission import verdicts
from trunkline.app.gate.values import Verdict
from trunkline.app.guarantee import Link, chain, weakest
from trunkline.app.leaks import leaks
from trunkline.app.model import Delivery
from trunkline.app.project import Flow, Project
from trunkline.app.reading import read
from trunkline.app.versions import standing_of
from trunkline.kernel.clock import Clock, SystemClock
from trunkline.kernel.faults import Fault, Place


class ContractLine(msgspec.Struct, frozen=True):
    """A contract: its stream name, its full version, how many fields it has and which are its key."""

    stream: str
    version: str
    fields: int
    personal: int
    key: list[str]


class SourceLine(msgspec.Struct, frozen=True):
    """A source: how data of a system arrives in which stream, and where it listens or looks."""

    source: str
    via: str
    stream: str
    where: str


class TargetLine(msgspec.Struct, frozen=True):
    """A target: where a system accepts which contract's records."""

    target: str
    via: str
    contract: str
    where: str


class FlowLine(msgspec.Struct, frozen=True):
    """A flow: from which stream to which target, with how many fields mapped.

    ``delivery`` is what it can promise on the embedded log, and ``chain`` why: what each part gives.
    """

    flow: str
    stream: str
    target: str
    mapping: str
    delivery: Delivery
    chain: list[Link]


class Report(msgspec.Struct, frozen=True):
    """What ``check`` found: what there is, what is wrong with the files, and what the gate says of each flow.

    ``run`` starts where it ``passes``: no fault, and every flow through the gate that is no draft. ``notes``
    hold nothing up.
    """

    folder: str
    project: str
    contracts: list[ContractLine]
    sources: list[SourceLine]
    targets: list[TargetLine]
    flows: list[FlowLine]
    faults: list[Fault]
    gate: list[Verdict]
    passes: bool
    notes: list[Fault] = []


def check(folder: Path, clock: Clock | None = None) -> Report:
    """Read a folder and report what is there, whole files only, and every fault of every file.

    What only the machine has to say, that others may read a secret, is a fault here and no reason to
    refuse a command that needs none.
    """
    project, faults = read(folder)
    if project is None:
        return Report(str(folder), "", [], [], [], [], sorted(set(faults)), [], passes=False)
    standing = standing_of(project, (clock or SystemClock()).now())
    leaked = leaks(folder, project.path(project.settings.secrets.file))
    wrong = sorted({*faults, *_exposed(project), *standing.faults, *standing.over, *_untold(leaked, faults)})
    gate = verdicts(project, leaked)
    return Report(
        str(folder),
        project.settings.project,
        _contracts(project),
        _sources(project),
        _targets(project),
        _flows(project),
        wrong,
        gate,
        passes=not wrong and all(one.passes or one.draft for one in gate),
        notes=standing.notes,
    )


def _untold(leaked: list[Fault], faults: list[Fault]) -> Iterator[Fault]:
    """Yield each credential in a line that has no fault yet: reading may have told of it already."""
    told = {(fault.place.file, fault.place.line) for fault in faults}
    yield from (fault for fault in leaked if (fault.place.file, fault.place.line) not in told)


def _exposed(project: Project) -> Iterator[Fault]:
    """Yield a fault for each private file that is there and that ``run`` would refuse for its permissions."""
    for path in (project.path(project.settings.secrets.file), project.state / KEY_FILE):
        try:
            read_private(path)
        except NotPrivate as error:
            yield Fault(Place(os.path.relpath(path, project.folder)), str(error))
        except OSError:
            continue  # its values may come from the environment


def _contracts(project: Project) -> list[ContractLine]:
    return [
        ContractLine(
            stream,
            one.version,
            len(one.fields),
            sum(field.personal for field in one.fields),
            list(one.primary_key),
        )
        for stream, one in sorted(project.contracts.items())
    ]


def _sources(project: Project) -> list[SourceLine]:
    return [
        SourceLine(one.name, one.via, one.contract.stream, _where(one.settings))
        for one in project.sources.values()
    ]


def _targets(project: Project) -> list[TargetLine]:
    return [
        TargetLine(one.name, one.via, one.contract.stream, _where(one.settings))
        for one in project.targets.values()
    ]


def _flows(project: Project) -> list[FlowLine]:
    return [_flow(project, one) for one in project.flows.values()]


def _flow(project: Project, flow: Flow) -> FlowLine:
    links = chain(project, flow, SqliteLog.features)
    mapping = _mapping(flow.settings.map, flow.settings.python)
    return FlowLine(flow.name, flow.contract.stream, flow.target.name, mapping, weakest(links).gives, links)


def _mapping(fields: dict[str, str] | None, python: str | None) -> str:
    if python:
        return python
    return "as it is" if fields is None else f"{len(fields)} fields"


def _where(settings: msgspec.Struct) -> str:
    """Return what its user would call the place: a webhook's path, a folder, a request, a table."""
    names = ("path", "folder", "request", "table")
    return next((str(getattr(settings, name)) for name in names if hasattr(settings, name)), "")
