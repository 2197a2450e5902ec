"""How the contracts of a project stand in its registry: what ``check`` tells and ``run`` refuses.

A project without ``registry/`` is held to nothing; the first registration makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from trunkline.adapters.journal.registry import JournalRegistry
from trunkline.app.collector import collector_paused
from trunkline.app.project import Project
from trunkline.contracts.contract import Contract
from trunkline.contracts.registry.content import candidate_of, shape_of_version
from trunkline.contracts.registry.rules import judge
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import EVERY, Subject, Version
from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault

FOLDER = "registry"


class Standing(msgspec.Struct, frozen=True):
    """What the registry says of a project's contracts: what is wrong, what is over, what is worth knowing.

    With a fault nothing runs. What is ``over``, past its sunset, is a fault for ``check`` alone: a process
    that starts refuses what arrives of it, as one that runs does, and delivers what came before.
    """

    faults: list[Fault] = []
    over: list[Fault] = []
    notes: list[Fault] = []


def registry_of(folder: Path) -> JournalRegistry:
    """Return the registry of a project folder."""
    return JournalRegistry(folder / FOLDER)


@collector_paused()
def standing_of(project: Project, now: int) -> Standing:
    """Hold every contract of a project against the registry, and read every journal there is."""
    standing = Standing()
    registry = registry_of(project.folder)
    by_name: dict[str, list[Contract]] = {name: [] for name in registry.names()}
    try:
        registry.read(EVERY)
    except ProjectError as error:
        standing.faults.extend(error.faults)
    if not by_name:
        return standing
    for contract in project.contracts.values():
        by_name.setdefault(contract.name, []).append(contract)
    for name, contracts in sorted(by_name.items()):
        try:
            subject = registry.read(name)
            for contract in contracts:
                _note(standing, project, contract, subject, now)
        except ProjectError as error:
            standing.faults.extend(error.faults)
    return standing


def users_of(project: Project, contract: Contract) -> tuple[str, ...]:
    """Return the sources and flows that a contract's records pass: ``source shop/order``, ``flow orders``."""
    sources = (
        f"source {one.name}" for one in project.sources.values() if contract in (one.contract, one.given)
    )
    flows = (
        f"flow {one.name}"
        for one in project.flows.values()
        if contract in (one.contract, one.reads, one.target.contract)
    )
    return (*sources, *flows)


def _note(standing: Standing, project: Project, contract: Contract, subject: Subject, now: int) -> None:
    candidate = candidate_of(contract)
    verdict = judge(subject, candidate, shape_of_version)
    if verdict.outcome == "refused":
        expected = f"version {verdict.least} or a higher one" if verdict.least else ""
        standing.faults.extend(Fault(contract.version_place, each, expected) for each in verdict.reasons)
    elif verdict.outcome == "new":
        problem, hint = (
            f"{contract.name} {candidate.version} is not registered",
            "trunkline contract register ",
        )
        standing.notes.append(Fault(contract.version_place, problem, hint=hint + contract.name))
    else:
        version = subject.find(candidate.version)
        assert version is not None
        _note_state(standing, project, contract, version, now)


def _note_state(standing: Standing, project: Project, contract: Contract, version: Version, now: int) -> None:
    place = contract.version_place
    if version.state == "draft":
        hint = f"trunkline contract activate {version.ref}"
        standing.notes.append(Fault(place, f"{version.ref} is a draft", hint=hint))
    if version.state in ("draft", "active"):
        return
    used_by = users_of(project, contract)
    if used_by and version.ended(now):
        expected = "another version, or nobody who uses it"
        found = standing.faults if version.state == "retired" else standing.over
        found.append(Fault(place, _ended(version, used_by), expected))
    elif used_by and version.sunset is not None:
        until = to_rfc3339(version.sunset)
        problem = f"{version.ref} is deprecated and ends at {until}; it is used by {', '.join(used_by)}"
        standing.notes.append(Fault(place, problem, hint=version.because))


def _ended(version: Version, used_by: tuple[str, ...]) -> str:
    """Say that a version is over and who still uses it."""
    if version.state == "retired":
        how = f"is retired since {to_rfc3339(version.since)}"
    else:
        how = f"is past its sunset, {to_rfc3339(version.sunset or 0)}"
    return f"{version.ref} {how} ({version.because}), and {', '.join(used_by)} would use it"


def using(project: Project, version: Version) -> Iterator[str]:
    """Yield the sources and flows whose contract file is at a registered version."""
    for contract in project.contracts.values():
        if is_at(contract, version):
            yield from users_of(project, contract)


def is_at(contract: Contract, version: Version) -> bool:
    """Tell whether a contract's file says that it is a registered version."""
    return contract.name == version.subject and semver(contract.version) == version.semantic
