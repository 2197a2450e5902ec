"""A project: what a folder of files says, checked as a whole and with every reference resolved.

``Project.load`` is the gate that ``trunkline check``, ``run`` and every other use-case go through; what
it returns can be built without asking again whether names exist. The steps are read -> decode ->
contracts -> sources and targets -> flows; each adds its faults, and all are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trunkline.app.model import FlowFile, ProjectFile, SystemFile
from trunkline.connectors.mapping import Mapping
from trunkline.connectors.reply import ToReply
from trunkline.contracts.contract import Contract
from trunkline.delivery.flow import Start
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.errors import ProjectError, UsageError
from trunkline.kernel.faults import did_you_mean

PUBLISH = "publish"
"""The system that records belong to which command line and Python publish; no system may have this name."""


class Source(msgspec.Struct, frozen=True):
    """How data of one system arrives in a stream. ``name`` is ``system/name``.

    ``every_seconds`` is how often the system gives data, where it does not as things happen. ``given`` is the
    contract its senders keep to: the stream's, or an earlier version that ``cast`` makes records of the
    stream's from.
    """

    name: str
    system: str
    via: str
    contract: Contract
    settings: Any
    every_seconds: float | None
    given: Contract
    cast: Mapping | None = None


class Target(msgspec.Struct, frozen=True):
    """Where a system accepts data. ``name`` is ``system.name``; ``connection`` is its kind's own settings."""

    name: str
    system: SystemFile
    via: str
    contract: Contract
    settings: Any
    connection: Any


class Flow(msgspec.Struct, frozen=True):
    """The wiring of a stream to a target; ``contract`` is the stream's, ``reads`` that of what its file maps.

    ``mapping`` makes the target's record of the stream's, through a cast where the two differ.

    ``to_reply`` makes what callers get of what the target answered; None where nobody waits for it.
    ``file`` is where it was read from, within the project folder.
    """

    name: str
    contract: Contract
    target: Target
    mapping: Mapping
    retry: RetryPolicy
    settings: FlowFile
    start: Start
    to_reply: ToReply | None
    file: str
    reads: Contract


T = TypeVar("T", Source, Target, Flow)


class Project(msgspec.Struct, frozen=True, dict=True):
    """Everything a project folder says. Contracts are by stream name, ``order@1``; the rest by name.

    ``system_files`` are the files of the systems, by name, within the folder; ``references`` are the secrets
    that any file names, ``secret://system/name``, with the files that do.
    """

    folder: Path
    settings: ProjectFile
    contracts: dict[str, Contract]
    systems: dict[str, SystemFile]
    sources: dict[str, Source]
    targets: dict[str, Target]
    flows: dict[str, Flow]
    system_files: dict[str, str] = {}
    references: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load(cls, folder: Path) -> Project:
        """Read and check a folder; raises ``ProjectError`` with every fault of every file."""
        from trunkline.app.reading import read  # noqa: PLC0415  it builds the values above

        project, faults = read(folder)
        if faults or project is None:
            raise ProjectError(sorted(set(faults)))
        return project

    def path(self, text: str) -> Path:
        """Return a path of a project file: within the folder, or absolute."""
        return self.folder / text

    @property
    def store_path(self) -> Path:
        """Where the store's file is."""
        return self.path(self.settings.store.path)

    @property
    def state(self) -> Path:
        """The folder of what belongs to this machine: store, key, control address."""
        return self.store_path.parent

    def contract_of(self, name: str) -> Contract | None:
        """Return the contract of a stream named ``order@1``, or ``order`` if it has one version."""
        return resolve(name, self.contracts)

    def sources_of(self, contract: Contract) -> list[Source]:
        """Return every source that publishes the contract's stream, by name."""
        return list(self._sources_by_stream.get(contract.stream, ()))

    def flows_of(self, contract: Contract) -> list[Flow]:
        """Return every flow that reads the contract's stream, by name."""
        return list(self._flows_by_stream.get(contract.stream, ()))

    def targets_of(self, contract: Contract) -> list[Target]:
        """Return every target that accepts the contract's records, by name."""
        return list(self._targets_by_stream.get(contract.stream, ()))

    @cached_property
    def _sources_by_stream(self) -> dict[str, list[Source]]:
        return _by_stream(self.sources)

    @cached_property
    def _flows_by_stream(self) -> dict[str, list[Flow]]:
        return _by_stream(self.flows)

    @cached_property
    def _targets_by_stream(self) -> dict[str, list[Target]]:
        return _by_stream(self.targets)

    def owners_of(self, contract: Contract) -> tuple[str, ...]:
        """Return who answers for a contract's data, each once.

        That is its own owner, else the data owners of the systems that publish it, else of those that take
        it.
        """
        if contract.owner:
            return (contract.owner,)
        systems = [self.systems[one.system] for one in self.sources_of(contract)]
        systems = systems or [one.system for one in self.targets_of(contract)]
        return tuple(dict.fromkeys(one.answering.team for one in systems))


def _by_stream(named: dict[str, T]) -> dict[str, list[T]]:
    """Return what there is of each stream, by name: it is asked for with every field and every flow."""
    found: dict[str, list[T]] = {}
    for _, one in sorted(named.items()):
        found.setdefault(one.contract.stream, []).append(one)
    return found


def resolve(name: str, contracts: dict[str, Contract]) -> Contract | None:
    """Return the contract of that stream name, with or without its major version; None where unclear."""
    if name in contracts:
        return contracts[name]
    versions = [contract for contract in contracts.values() if contract.name == name]
    return versions[0] if len(versions) == 1 else None


def unknown(what: str, name: str, there: Iterable[str]) -> UsageError:
    """Return the error for a name that is not there, with the near miss or else what there is."""
    known = sorted(there)
    hint = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
    return UsageError(f'there is no {what} "{name}"; {hint}')


def unknown_stream(project: Project, name: str) -> UsageError:
    """Return the error for a stream that is not there, or not clear, with what there is."""
    known = sorted(project.contracts)
    versions = [stream for stream in known if stream.partition("@")[0] == name]
    if versions:
        return UsageError(f'"{name}" has several major versions: say {" or ".join(versions)}')
    near = did_you_mean(name, [*known, *(stream.partition("@")[0] for stream in known)])
    return UsageError(f'there is no stream "{name}"; {near or "there are: " + ", ".join(known)}')
