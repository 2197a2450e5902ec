"""The entries of ``publishes`` and ``accepts``: from what a system's file says to sources and targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from trunkline.app import schemas
from trunkline.app.casts import Casts, NoCast
from trunkline.app.model import SystemFile
from trunkline.app.project import Source, Target, resolve
from trunkline.app.quantities import seconds_of
from trunkline.app.registry import SOURCES, TARGETS, Kind
from trunkline.app.sheet import Sheet
from trunkline.connectors.mapping import Mapping
from trunkline.contracts.casts import Way
from trunkline.contracts.contract import Contract
from trunkline.contracts.document import Document
from trunkline.kernel.faults import did_you_mean

At = tuple[str | int, ...]


class Entries(msgspec.Struct, frozen=True):
    """What was read before: contracts by stream name, systems with their files, faults so far, and casts."""

    contracts: dict[str, Contract]
    systems: list[tuple[Document, SystemFile]]
    sheet: Sheet
    casts: Casts

    def contract(self, document: Document, at: Sequence[str | int], name: str) -> Contract | None:
        """Return the contract of that name; one that is unknown or unclear is a fault."""
        contract = resolve(name, self.contracts)
        if contract is not None or self.sheet.broken("contracts"):
            return contract
        versions = sorted(one.stream for one in self.contracts.values() if one.name == name)
        if versions:
            problem = f'the contract "{name}" has several major versions'
            self.sheet.wrong(document, at, problem, " or ".join(versions))
        else:
            known = {*self.contracts, *(one.name for one in self.contracts.values())}
            expected = "the name of a contract in contracts/"
            self.sheet.wrong(document, at, f'no contract "{name}"', expected, did_you_mean(name, known))
        return None

    def cast(
        self, document: Document, at: Sequence[str | int], low: Contract, high: Contract, way: Way
    ) -> Mapping | None:
        """Return the cast between two versions of a contract; where there is none, that is a fault."""
        if low.name != high.name or low.stream == high.stream:
            expected = f"an earlier major version of {high.name}, or no as"
            self.sheet.wrong(document, at, f"{low.stream} is none before {high.stream}", expected)
            return None
        try:
            return self.casts.between(low, high, way)
        except NoCast as error:
            if not self.sheet.broken("contracts"):
                self.sheet.wrong(document, at, str(error), error.expected)
            return None


def read_sources(entries: Entries) -> dict[str, Source]:
    """Return every source by its name, ``system/name``, noting what is wrong with the others."""
    found: dict[str, Source] = {}
    for document, at, entry, system in each(entries, "publishes"):
        contract = entries.contract(document, (*at, "stream"), entry["stream"])
        settings = _settings(entries, document, at, SOURCES[entry["via"]], entry)
        given = entries.contract(document, (*at, "as"), entry["as"]) if "as" in entry else contract
        if contract is None or given is None or settings is None:
            continue
        if _misfits(entries, document, at, SOURCES[entry["via"]].misfits(settings, given)):
            continue
        cast = entries.cast(document, (*at, "as"), given, contract, "up") if "as" in entry else None
        if "as" in entry and cast is None:
            continue
        name = f"{system.system}/{entry.get('name', contract.name)}"
        place = document.place((*at, "name" if "name" in entry else "stream"))
        path = getattr(settings, "path", None)
        if entries.sheet.once("source", name, place) and (
            path is None or entries.sheet.once("path", path, document.place((*at, "path")))
        ):
            every = entry.get("every")
            seconds = None if every is None else seconds_of(every)
            found[name] = Source(name, system.system, entry["via"], contract, settings, seconds, given, cast)
    return found


def read_targets(entries: Entries) -> dict[str, Target]:
    """Return every target by its name, ``system.name``, noting what is wrong with the others."""
    found: dict[str, Target] = {}
    for document, at, entry, system in each(entries, "accepts"):
        kind = TARGETS[entry["via"]]
        contract = entries.contract(document, (*at, "contract"), entry["contract"])
        settings = _settings(entries, document, at, kind, entry)
        connection = _connection(entries, document, kind, system)
        if contract is None or settings is None or connection is None:
            continue
        name = f"{system.system}.{entry['name']}"
        wrong = _misfits(entries, document, at, kind.misfits(settings, contract))
        new = entries.sheet.once("target", name, document.place((*at, "name")))
        if new and not wrong:
            found[name] = Target(name, system, entry["via"], contract, settings, connection)
    return found


def each(entries: Entries, key: str) -> Iterator[tuple[Document, At, dict[str, Any], SystemFile]]:
    """Yield every entry of ``publishes`` or ``accepts`` with its file, its place there, and its system."""
    for document, system in entries.systems:
        for index, entry in enumerate(getattr(system, key)):
            yield document, (key, index), entry, system


def _settings(entries: Entries, document: Document, at: At, kind: Kind, entry: dict[str, Any]) -> Any:
    try:
        return msgspec.convert(schemas.own_keys(kind.settings, entry), kind.settings)
    except msgspec.ValidationError as error:
        entries.sheet.wrong(document, at, str(error))
        return None


def _misfits(entries: Entries, document: Document, at: At, problems: Sequence[str]) -> bool:
    """Note each problem at the key it begins with; tell whether there were any."""
    faults = [document.fault((*at, problem.partition(":")[0]), problem) for problem in problems]
    return entries.sheet.note(faults)


def _connection(entries: Entries, document: Document, kind: Kind, system: SystemFile) -> Any:
    """Return the system's connection as this kind of target reads it; faults are noted once a place."""
    if entries.sheet.note(schemas.faults_of(document, schemas.schema_of_connection(kind.connection))):
        return None
    try:
        return msgspec.convert(system.connection, kind.connection)
    except msgspec.ValidationError as error:
        entries.sheet.wrong(document, ("connection",), str(error))
        return None
