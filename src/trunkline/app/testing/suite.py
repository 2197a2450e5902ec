"""The use-case behind ``trunkline contract test``: every case that was selected, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from trunkline.app.backbone import Machine, opened
from trunkline.app.project import Project, Target
from trunkline.app.testing.consumer import consumer_side
from trunkline.app.testing.openapi import openapi_side
from trunkline.app.testing.producer import producer_side
from trunkline.app.testing.records import of_files, of_log
from trunkline.app.testing.result import SIDES, Finding, Result, Side, skipped
from trunkline.app.testing.selecting import Selection, Tried, select
from trunkline.app.testing.spec import Spec, read_spec
from trunkline.eventlog.port import LogReader
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import ProjectError, UsageError

T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """What to test, and how.

    ``names`` are contracts (also as files), flows and targets; ``candidate`` a contract file or a registered
    version; ``records`` files instead of the log. Of the log the ``last`` events count, accepted ``since``
    then (microseconds). ``documents`` is how many are generated at most, by ``seed``. ``spec`` is an OpenAPI
    file in place of those that the systems name.
    """

    names: tuple[str, ...] = ()
    sides: tuple[Side, ...] = SIDES
    candidate: str = ""
    records: tuple[Path, ...] = ()
    last: int = 10_000
    since: int = 0
    documents: int = 300
    seed: int = 0
    spec: Path | None = None


async def contract_tests(
    project: Project | None, selection: Selection, machine: Machine, asked: Asked
) -> list[Result]:
    """Run every case of a selection that is asked for.

    Raises ``UsageError`` for records that nobody said the contract of, and for files that cannot be read;
    ``TrunklineError`` where the store is there and cannot be used.
    """
    found: list[Result] = []
    if "producer" in asked.sides:
        found += [one async for one in _producers(project, selection, machine, asked)]
    if "consumer" in asked.sides:
        found += _timed(machine.clock, _consumers(selection, asked))
    if "openapi" in asked.sides:
        found += _timed(machine.clock, _interfaces(project, selection, asked))
    return found


def selected(project: Project | None, asked: Asked) -> Selection:
    """Return what is asked for of a project, or of a candidate where there is none; see ``select``."""
    selection = select(project, asked.names, asked.candidate)
    if asked.records and len(selection.contracts) != 1:
        raise UsageError("say which contract these are records of: name one, or give --candidate")
    return selection


async def _producers(
    project: Project | None, selection: Selection, machine: Machine, asked: Asked
) -> AsyncIterator[Result]:
    if asked.records:
        [tried] = selection.contracts
        recorded = _each(of_files(asked.records, tried.contract))
        start = machine.clock.monotonic()
        result = await producer_side(tried.contract.ref, tried.contract, tried.known, recorded)
        yield msgspec.structs.replace(result, seconds=machine.clock.monotonic() - start)
    elif project is None or not project.store_path.exists():
        for tried in selection.contracts:
            why = "nothing is recorded here: there is no store; give files with --records"
            yield skipped("producer", tried.contract.ref, why)
    elif selection.contracts:
        async with opened(project, machine, roles=()) as backbone:
            for tried in selection.contracts:
                start = machine.clock.monotonic()
                result = await _of_log(backbone.log, tried, asked)
                yield msgspec.structs.replace(result, seconds=machine.clock.monotonic() - start)


async def _of_log(log: LogReader, tried: Tried, asked: Asked) -> Result:
    stream = (tried.known or tried.contract).stream
    recorded = of_log(log, stream, tried.contract, asked.last, asked.since)
    return await producer_side(tried.contract.ref, tried.contract, tried.known, recorded)


async def _each(values: Iterable[T]) -> AsyncIterator[T]:
    for value in values:
        yield value


def _consumers(selection: Selection, asked: Asked) -> Iterator[Result]:
    for flow in selection.flows:
        contract = selection.stand_in(flow.contract)
        target = selection.stand_in(flow.target.contract)
        yield consumer_side(flow, contract, target, asked.documents, asked.seed)


def _interfaces(project: Project | None, selection: Selection, asked: Asked) -> Iterator[Result]:
    read: dict[Path, Spec | Finding] = {}
    for target in selection.targets:
        if target.via != "http":
            continue
        path = asked.spec or _published(project, target)
        if path is None:
            yield skipped("openapi", target.name, "the connection of its system names no openapi file")
            continue
        if path not in read:
            read[path] = _read(path)
        spec = read[path]
        if isinstance(spec, Finding):
            summary = f"{target.settings.request}: the OpenAPI file cannot be used"
            yield Result("openapi", target.name, "failed", summary, 1, 1, (spec,))
        else:
            contract = selection.stand_in(target.contract)
            flows = [flow for flow in selection.flows if flow.target is target]
            yield openapi_side(target, contract, spec, flows, asked.documents, asked.seed)


def _published(project: Project | None, target: Target) -> Path | None:
    file: str = target.connection.openapi
    return project.path(file) if project and file else None


def _read(path: Path) -> Spec | Finding:
    try:
        return read_spec(path)
    except ProjectError as error:
        return Finding("spec", reason=str(error))


def _timed(clock: Clock, results: Iterator[Result]) -> Iterator[Result]:
    """Yield results with the seconds that each took."""
    start = clock.monotonic()
    for result in results:
        end = clock.monotonic()
        yield msgspec.structs.replace(result, seconds=end - start)
        start = end
