"""From the files of a folder to a project: the steps of ``Project.load``, each adding its faults.

A file with faults of its own is left out of what follows, and nothing that refers to it is blamed for
that: every fault that is reported is one to mend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trunkline.app import schemas
from trunkline.app.credentials import literal_credentials
from trunkline.app.folder import Files, read_folder
from trunkline.app.model import FlowFile, ProjectFile, SystemFile
from trunkline.app.project import Flow, Project, Source, Target, resolve
from trunkline.app.registry import SOURCES, TARGETS, Kind
from trunkline.app.wiring import read_flow
from trunkline.contracts.contract import Contract
from trunkline.contracts.document import Document, faults_of
from trunkline.kernel.faults import Fault, did_you_mean

T = TypeVar("T", bound=msgspec.Struct)
Found = dict[str, tuple[Document, T]]


def read(folder: Path) -> tuple[Project | None, list[Fault]]:
    """Return what a folder says and everything that is wrong with it; the project is None without its main file."""
    files = read_folder(folder)
    reading = _Reading(files)
    main = reading.main()
    contracts = reading.contracts()
    systems = reading.systems()
    sources = reading.sources(systems, contracts)
    targets = reading.targets(systems, contracts)
    flows = reading.flows(folder, contracts, targets, systems)
    if main is None:
        return None, reading.faults
    plain_systems = {name: system for name, (_, system) in systems.items()}
    return Project(folder, main, contracts, plain_systems, sources, targets, flows), reading.faults


class _Reading:
    """What was read so far and what is wrong with it."""

    def __init__(self, files: Files) -> None:
        self.faults: list[Fault] = list(files.faults)
        self._files = files
        self._broken: set[str] = {fault.place.file for fault in files.faults}

    def main(self) -> ProjectFile | None:
        document = self._files.main
        if document is None:
            return None
        return self._decoded(document, schemas.schema_of(ProjectFile), ProjectFile)

    def contracts(self) -> dict[str, Contract]:
        found: dict[str, Contract] = {}
        for contract in self._files.contracts:
            first = found.setdefault(contract.stream, contract)
            if first is not contract:
                problem = f'the contract "{contract.stream}" a second time'
                self.faults.append(Fault(contract.place, problem, f"it once: it stands in {first.place}"))
        return found

    def systems(self) -> Found[SystemFile]:
        found: Found[SystemFile] = {}
        for document in self._files.systems:
            self.faults += literal_credentials(document)
            schema = schemas.schema_of_system(document.value, _settings(SOURCES), _settings(TARGETS))
            system = self._decoded(document, schema, SystemFile)
            if system is not None:
                self._add(found, system.system, document, system, "system")
        return found

    def sources(self, systems: Found[SystemFile], contracts: dict[str, Contract]) -> dict[str, Source]:
        found: Found[Source] = {}
        paths: dict[str, Document] = {}
        for document, index, entry, system in _entries(systems, "publishes"):
            at = ("publishes", index)
            contract = self._contract(document, (*at, "stream"), entry["stream"], contracts)
            settings = self._settings(document, at, SOURCES[entry["via"]], entry)
            if contract is None or settings is None:
                continue
            name = f"{system.system}/{entry.get('name', contract.name)}"
            source = Source(name, system.system, entry["via"], contract, settings)
            self._add(found, name, document, source, "source", (*at, "name" if "name" in entry else "stream"))
            self._path_once(document, (*at, "path"), getattr(settings, "path", ""), paths)
        return {name: source for name, (_, source) in found.items()}

    def targets(self, systems: Found[SystemFile], contracts: dict[str, Contract]) -> dict[str, Target]:
        found: Found[Target] = {}
        for document, index, entry, system in _entries(systems, "accepts"):
            at = ("accepts", index)
            kind = TARGETS[entry["via"]]
            contract = self._contract(document, (*at, "contract"), entry["contract"], contracts)
            settings = self._settings(document, at, kind, entry)
            connection = self._connection(document, kind, system)
            if contract is None or settings is None:
                continue
            name = f"{system.system}.{entry['name']}"
            target = Target(name, system.system, entry["via"], contract, settings, connection)
            for problem in kind.faults(target, system):
                self.faults.append(document.fault(at, problem))
            self._add(found, name, document, target, "target", (*at, "name"))
        return {name: target for name, (_, target) in found.items()}

    def flows(
        self,
        folder: Path,
        contracts: dict[str, Contract],
        targets: dict[str, Target],
        systems: Found[SystemFile],
    ) -> dict[str, Flow]:
        found: Found[Flow] = {}
        schema = schemas.schema_of(FlowFile)
        for document in self._files.flows:
            settings = self._decoded(document, schema, FlowFile)
            if settings is None:
                continue
            contract = self._contract(document, ("from",), settings.from_, contracts)
            target = self._target(document, settings.to, targets, systems)
            if contract is None or target is None:
                continue
            flow, faults = read_flow(folder, document, settings, contract, target)
            self.faults += faults
            if flow is not None:
                self._add(found, flow.name, document, flow, "flow", ("flow",))
        return {name: flow for name, (_, flow) in found.items()}

    def _decoded(self, document: Document, schema: dict[str, Any], model: type[T]) -> T | None:
        faults = faults_of(document, schema)
        if not faults:
            try:
                return msgspec.convert(document.value, model)
            except msgspec.ValidationError as error:
                faults = [document.fault((), str(error))]
        told = {fault.place for fault in self.faults}
        self.faults += [fault for fault in faults if fault.place not in told]
        self._broken.add(document.file)
        return None

    def _settings(self, document: Document, at: tuple[str | int, ...], kind: Kind, entry: Any) -> Any:
        try:
            return msgspec.convert(schemas.own_keys(kind.settings, entry), kind.settings)
        except msgspec.ValidationError as error:
            self.faults.append(document.fault(at, schemas.plain(error)))
            return None

    def _connection(self, document: Document, kind: Kind, system: SystemFile) -> Any:
        if kind.connection is None:
            return None
        faults = [
            fault
            for fault in faults_of(document, schemas.schema_of_connection(kind.connection))
            if fault.place not in {known.place for known in self.faults}
        ]
        self.faults += faults
        if faults:
            return None
        try:
            return msgspec.convert(system.connection, kind.connection)
        except msgspec.ValidationError as error:
            self.faults.append(document.fault(("connection",), schemas.plain(error)))
            return None

    def _contract(
        self, document: Document, at: tuple[str | int, ...], name: str, contracts: dict[str, Contract]
    ) -> Contract | None:
        contract = resolve(name, contracts)
        if contract is not None or any(file.startswith("contracts/") for file in self._broken):
            return contract
        versions = sorted(one.stream for one in contracts.values() if one.name == name)
        if versions:
            expected = " or ".join(versions)
            self.faults.append(document.fault(at, f'"{name}" has several major versions', expected))
        else:
            known = {*contracts, *(one.name for one in contracts.values())}
            expected = "the name of a contract in contracts/"
            self.faults.append(document.fault(at, f'no contract "{name}"', expected, did_you_mean(name, known)))
        return None

    def _target(
        self, document: Document, name: str, targets: dict[str, Target], systems: Found[SystemFile]
    ) -> Target | None:
        system, _, wanted = name.partition(".")
        if name in targets:
            return targets[name]
        if system in systems:
            accepted = [entry["name"] for entry in systems[system][1].accepts]
            if wanted in accepted:
                return None  # it has faults of its own, which are told already
            problem, expected = f'"{system}" accepts no "{wanted}"', "a name under its accepts"
            self.faults.append(document.fault(("to",), problem, expected, did_you_mean(wanted, accepted)))
        elif not any(file.startswith("systems/") for file in self._broken):
            expected = "the name of a system in systems/"
            hint = did_you_mean(system, systems)
            self.faults.append(document.fault(("to",), f'no system "{system}"', expected, hint))
        return None

    def _add(
        self,
        found: Found[Any],
        name: str,
        document: Document,
        value: Any,
        word: str,
        at: Sequence[str | int] = (),
    ) -> None:
        if name in found:
            place = found[name][0].file
            fault = document.fault(at or (word,), f'the {word} "{name}" a second time', f"it once: see {place}")
            self.faults.append(fault)
        else:
            found[name] = (document, value)

    def _path_once(
        self, document: Document, at: tuple[str | int, ...], path: str, paths: dict[str, Document]
    ) -> None:
        if path and paths.setdefault(path, document) is not document or path in paths and paths[path] is not document:
            self.faults.append(document.fault(at, f'the path "{path}" a second time', "a path of its own"))


def _settings(kinds: Mapping[str, Kind]) -> dict[str, type[msgspec.Struct]]:
    return {via: kind.settings for via, kind in kinds.items()}


def _entries(
    systems: Found[SystemFile], key: str
) -> Iterator[tuple[Document, int, dict[str, Any], SystemFile]]:
    for document, system in systems.values():
        for index, entry in enumerate(getattr(system, key)):
            yield document, index, entry, system
