"""A flow's file to a flow: its stream, its target, its mapping, and whether these fit each other.

What is asked here is what would otherwise be found out by the first event at night: a field that the
target does not have, one that it needs and does not get, one that the stream never has, a decimal that
would pass through binary floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from trunkline.app.answers import reply_faults
from trunkline.app.entries import Entries
from trunkline.app.fitting import strangers
from trunkline.app.model import FlowFile
from trunkline.app.policies import retry_policy
from trunkline.app.project import Flow, Target
from trunkline.app.registry import TARGETS
from trunkline.connectors.mapping import Mapping, MappingRefused, Problem, compile_mapping
from trunkline.connectors.reply import compile_reply
from trunkline.contracts.contract import Contract
from trunkline.contracts.document import Document
from trunkline.delivery.flow import Start
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.faults import Fault, did_you_mean

UNCHANGED = Mapping(lambda record, _event: record, {}, frozenset())
"""The mapping of a flow that has none: every field as it is."""


def flow_of(
    folder: Path, document: Document, settings: FlowFile, entries: Entries, targets: dict[str, Target]
) -> Flow | None:
    """Return the flow that a file describes, or None where something of it is wrong, which is noted."""
    sheet = entries.sheet
    contract = entries.contract(document, ("from",), settings.from_)
    target = _target(document, settings.to, entries, targets)
    mapping = _mapping(folder, document, settings, entries)
    retry = _retry(document, settings, entries, target)
    start = _start(document, settings, entries)
    new = sheet.once("flow", settings.flow, document.place(("flow",)))
    if contract is None or target is None or mapping is None or retry is None or start is None or not new:
        return None
    misfits = [*_repeats(document, settings, target), *reply_faults(document, settings, target)]
    misfits += _adds(document, settings, contract, target)
    if not settings.python:
        misfits += _misfits(document, settings, mapping, contract, target)
    if sheet.note(misfits):
        return None
    to_reply = None if settings.reply is None else compile_reply(settings.reply)
    return Flow(settings.flow, contract, target, mapping, retry, settings, start, to_reply, document.file)


def _target(document: Document, name: str, entries: Entries, targets: dict[str, Target]) -> Target | None:
    if name in targets:
        return targets[name]
    system_name, _, wanted = name.partition(".")
    systems = {system.system: system for _, system in entries.systems}
    if system_name in systems:
        accepted = [entry["name"] for entry in systems[system_name].accepts]
        if wanted not in accepted:  # one that is accepted has faults of its own, which are noted already
            hint = did_you_mean(wanted, accepted)
            entries.sheet.wrong(
                document, ("to",), f'"{system_name}" accepts no "{wanted}"', "a name under its accepts", hint
            )
    elif not entries.sheet.broken("systems"):
        hint = did_you_mean(system_name, systems)
        expected = "the name of a system in systems/"
        entries.sheet.wrong(document, ("to",), f'no system "{system_name}"', expected, hint)
    return None


def _mapping(folder: Path, document: Document, settings: FlowFile, entries: Entries) -> Mapping | None:
    if settings.map is not None and settings.python is not None:
        entries.sheet.wrong(document, ("python",), "a mapping besides map", "either map or python")
        return None
    if settings.map is None and settings.python is None and settings.when is None:
        return UNCHANGED
    spec: dict[str, Any] = {"python": settings.python} if settings.python else settings.map or {}
    try:
        return compile_mapping(spec, folder, when=settings.when)
    except MappingRefused as refused:
        entries.sheet.note([_fault(document, settings, problem) for problem in refused.problems])
        return None


def _fault(document: Document, settings: FlowFile, problem: Problem) -> Fault:
    """Give a mapping's problem its place: the expression, as far into it as the problem says."""
    at: tuple[str, ...] = ("python",) if settings.python else ("map",)
    if problem.field == "when" and "when" not in (settings.map or {}):
        at = ("when",)
    elif problem.field in (settings.map or {}):
        at = ("map", problem.field)
    column = f" (character {problem.column} of the expression)" if problem.column else ""
    return document.fault(at, problem.problem + column, problem.expected, problem.hint)


def _retry(
    document: Document, settings: FlowFile, entries: Entries, target: Target | None
) -> RetryPolicy | None:
    known = TARGETS[target.via].blames if target else settings.retry.rules
    unknown = [kind for kind in settings.retry.rules if kind not in known]
    for kind in unknown:
        problem = f'"{kind}" is no kind of error that {settings.to} blames an event for'
        hint = did_you_mean(kind, known)
        entries.sheet.wrong(document, ("retry", "rules", kind), problem, "a kind from its reference", hint)
    if unknown:
        return None
    try:
        return retry_policy(settings.retry)
    except ValueError as error:
        entries.sheet.wrong(document, ("retry",), str(error))
        return None


def _start(document: Document, settings: FlowFile, entries: Entries) -> Start | None:
    if settings.start in ("beginning", "now"):
        return cast("Start", settings.start)
    try:
        return from_rfc3339(settings.start)
    except ValueError:
        problem, words = f'"{settings.start}" is no place to start', ("beginning", "now")
        expected = "beginning, now, or a time such as 2026-01-31T08:00:00Z"
        entries.sheet.wrong(document, ("start",), problem, expected, did_you_mean(settings.start, words))
        return None


def _repeats(document: Document, settings: FlowFile, target: Target) -> Iterator[Fault]:
    """Yield a fault where a flow promises one effect an event and its target cannot keep that."""
    why = TARGETS[target.via].repeats(target.settings)
    if why and settings.needs.delivery == "effectively-once":
        yield document.fault(
            ("needs", "delivery"),
            f"{target.name} cannot give effectively-once: {why}",
            "delivery: at-least-once",
            f"or idempotent: true on {target.name}, if it takes each Idempotency-Key once",
        )


def _adds(document: Document, settings: FlowFile, contract: Contract, target: Target) -> Iterator[Fault]:
    """Yield a fault where a newer event is to make an older one moot and does not carry all of its state."""
    if settings.when_dead != "supersede":
        return
    why = TARGETS[target.via].adds(target.settings)
    if not contract.is_versioned:
        problem = f"{contract.ref} names no version, so nothing says that its events carry whole states"
        yield document.fault(("when_dead",), problem, "a contract with a version, or hold-key")
    elif why:
        problem = f"a newer event does not take the place of an older one in {target.name}: {why}"
        yield document.fault(("when_dead",), problem, "a target that replaces by key, or hold-key")


def _misfits(
    document: Document, settings: FlowFile, mapping: Mapping, contract: Contract, target: Target
) -> Iterator[Fault]:
    if settings.map is None:
        yield from _missing(document, ("to",), _names(contract), target)
        return
    yield from _unread(document, settings, mapping, contract)
    yield from _unknown(document, settings, target)
    yield from _missing(document, ("map",), {field.split(".")[0] for field in settings.map}, target)
    yield from _inexact(document, mapping, target)


def _unread(document: Document, settings: FlowFile, mapping: Mapping, contract: Contract) -> Iterator[Fault]:
    for field, paths in mapping.lineage.items():
        at = ("map", field) if field in (settings.map or {}) else ("when",)
        for path, hint in strangers(paths, contract):
            yield document.fault(at, f'it reads "{path}"', f"a field of {contract.ref}", hint)


def _unknown(document: Document, settings: FlowFile, target: Target) -> Iterator[Fault]:
    known = _names(target.contract)
    for field in settings.map or {}:
        name = field.split(".")[0]
        if known and name not in known:
            expected = f"a field of {target.contract.ref}"
            yield document.fault(
                ("map", field), f'{target.name} has no field "{name}"', expected, did_you_mean(name, known)
            )


def _missing(document: Document, at: tuple[str, ...], given: set[str], target: Target) -> Iterator[Fault]:
    required = {field.name for field in target.contract.fields if len(field.path) == 1 and field.required}
    for name in sorted(required - given):
        problem = f'"{name}" is never given, and {target.contract.ref} requires it'
        yield document.fault(at, problem, f"a line for {name}")


def _inexact(document: Document, mapping: Mapping, target: Target) -> Iterator[Fault]:
    exact = {
        field.name for field in target.contract.fields if len(field.path) == 1 and field.kind == "number"
    }
    for name in sorted(exact & mapping.inexact):
        yield document.fault(
            ("map", name),
            "it is computed in binary floats, and the contract wants an exact number",
            "a plain path, + - *, $sum, or a Python function",
        )


def _names(contract: Contract) -> set[str]:
    return {field.path[0] for field in contract.fields}
