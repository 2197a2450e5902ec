"""What a contract test is about: the contracts, flows and targets that a person named, or all of them.

A candidate stands in the place of the project's contract of its stream, or, for a new major version, of the
highest version of its name: events are held against it, flows run on its documents, targets get its records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from trunkline.app.project import Flow, Project, Target
from trunkline.app.versions import registry_of
from trunkline.contracts.contract import Contract, load_all
from trunkline.contracts.registry.acts import find
from trunkline.contracts.registry.content import contract_of_version
from trunkline.contracts.registry.semantic import semver
from trunkline.kernel.errors import UsageError
from trunkline.kernel.faults import did_you_mean


class Tried(msgspec.Struct, frozen=True):
    """A contract to test, and the one of the project in whose place it stands: itself, another, or none."""

    contract: Contract
    known: Contract | None

    @property
    def is_candidate(self) -> bool:
        """Whether it is another than the project has."""
        return self.contract is not self.known


class Selection(msgspec.Struct, frozen=True):
    """What is to be tested."""

    contracts: list[Tried]
    flows: list[Flow]
    targets: list[Target]

    def stand_in(self, contract: Contract) -> Contract:
        """Return what records of a contract keep to in this test."""
        return next((one.contract for one in self.contracts if one.known is contract), contract)


def select(project: Project | None, names: Sequence[str], candidate: str) -> Selection:
    """Return what names and a candidate select; without either, all that the project has.

    A contract selects the flows and targets that its records pass as well. Raises ``UsageError`` for a name
    that is not there, ``ProjectError`` for a candidate that cannot be read.
    """
    tried = _candidates(project, candidate) if candidate else []
    if project is None:
        if names or not tried:
            raise UsageError("there is no project here: name a contract file with --candidate and --records")
        return Selection(tried, [], [])
    if not names and not tried:
        each = [Tried(one, one) for one in project.contracts.values()]
        return Selection(each, list(project.flows.values()), list(project.targets.values()))
    contracts = [one.known for one in tried if one.known is not None]
    contracts += [one for name in names for one in _contracts(project, name)]
    replaced = {one.known.stream for one in tried if one.known}
    plain = {one.stream: Tried(one, one) for one in contracts if one.stream not in replaced}
    return Selection([*tried, *plain.values()], *_touched(project, names, contracts))


def _touched(
    project: Project, names: Sequence[str], contracts: list[Contract]
) -> tuple[list[Flow], list[Target]]:
    flows = [
        one
        for one in project.flows.values()
        if one.name in names
        or one.target.name in names
        or one.contract in contracts
        or one.target.contract in contracts
    ]
    named = {one.target.name for one in flows if one.name in names}
    targets = [
        one
        for one in project.targets.values()
        if one.name in names or one.name in named or one.contract in contracts
    ]
    return flows, targets


def _contracts(project: Project, name: str) -> list[Contract]:
    """Return the contracts of a name, a stream or a file; none for a flow's or a target's name."""
    files = {_within(project.folder, Path(name)), name}
    found = [
        one for one in project.contracts.values() if name in (one.name, one.stream) or one.place.file in files
    ]
    if found or name in project.flows or name in project.targets:
        return found
    if Path(name).is_file():
        raise UsageError(f"{name} is no contract of the project: to try it, say --candidate {name}")
    known = [*project.contracts, *{one.name for one in project.contracts.values()}]
    known += [*project.flows, *project.targets]
    hint = did_you_mean(name, known) or f"there are: {', '.join(sorted(known))}"
    raise UsageError(f'there is no contract, flow or target "{name}"; {hint}')


def _within(folder: Path, path: Path) -> str:
    path, folder = path.absolute(), folder.absolute()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _candidates(project: Project | None, word: str) -> list[Tried]:
    contracts = project.contracts.values() if project else ()
    return [Tried(one, _known(one, contracts)) for one in _loaded(project, word)]


def _known(candidate: Contract, contracts: Iterable[Contract]) -> Contract | None:
    named = [one for one in contracts if one.name == candidate.name]
    same = next((one for one in named if one.stream == candidate.stream), None)
    return same or max(named, key=lambda one: semver(one.version), default=None)


def _loaded(project: Project | None, word: str) -> list[Contract]:
    """Return the contracts of a file, or a registered version."""
    path = Path(word)
    if project is not None and "@" in word and not path.exists():
        return [contract_of_version(asyncio.run(find(registry_of(project.folder), word))[1])]
    try:
        return load_all(path.read_bytes(), word)
    except OSError as error:
        raise UsageError(f"{word} cannot be read: {error.strerror}") from None
