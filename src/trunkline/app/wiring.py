"""A flow's file to a flow: its stream, its target, its mapping, and whether these fit each other.

A flow that says ``as`` reads its stream in an earlier version: its mapping is the one of that version, behind
the cast.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from trunkline.app.answers import reply_faults
from trunkline.app.entries import Entries
from trunkline.app.fitting import misfits, missing, names, refused_at
from trunkline.app.model import FlowFile
from trunkline.app.policies import retry_policy
from trunkline.app.project import Flow, Target
from trunkline.app.registry import TARGETS
from trunkline.connectors.mapping import UNCHANGED, Mapping, MappingRefused, compile_mapping
from trunkline.connectors.reply import compile_reply
from trunkline.contracts.contract import Contract
from trunkline.contracts.document import Document
from trunkline.delivery.flow import Start
from trunkline.delivery.retry import RetryPolicy
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.faults import Fault, did_you_mean


def flow_of(
    folder: Path, document: Document, settings: FlowFile, entries: Entries, targets: dict[str, Target]
) -> Flow | None:
    """Return the flow that a file describes, or None where something of it is wrong, which is noted."""
    sheet = entries.sheet
    contract = entries.contract(document, ("from",), settings.from_)
    reads = entries.contract(document, ("as",), settings.as_) if settings.as_ else contract
    target = _target(document, settings.to, entries, targets)
    mapping = _mapping(folder, document, settings, entries)
    retry = _retry(document, settings, entries, target)
    start = _start(document, settings, entries)
    new = sheet.once("flow", settings.flow, document.place(("flow",)))
    if contract is None or target is None or mapping is None or retry is None or start is None or not new:
        return None
    if reads is None:
        return None
    found = [*_repeats(document, settings, target), *reply_faults(document, settings, target)]
    found += _adds(document, settings, contract, target)
    if not settings.python:
        found += _misfits(document, settings, mapping, reads, target)
    cast = entries.cast(document, ("as",), reads, contract, "down") if settings.as_ else UNCHANGED
    if sheet.note(found) or cast is None:
        return None
    mapping = cast.then(mapping) if settings.as_ else mapping
    to_reply = None if settings.reply is None else compile_reply(settings.reply)
    return Flow(
        settings.flow, contract, target, mapping, retry, settings, start, to_reply, document.file, reads
    )


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

        def at(field: str, problem: str, expected: str, hint: str) -> Fault:
            return document.fault(_place(settings, field), problem, expected, hint)

        entries.sheet.note([refused_at(at, problem) for problem in refused.problems])
        return None


def _place(settings: FlowFile, field: str) -> tuple[str, ...]:
    """Return where a field of a flow's mapping stands in its file."""
    if settings.python:
        return ("python",)
    if field in (settings.map or {}):
        return ("map", field)
    if settings.map is None and field != "when":
        return ("to",)
    return ("when",) if field == "when" else ("map",)


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
    document: Document, settings: FlowFile, mapping: Mapping, reads: Contract, target: Target
) -> Iterator[Fault]:
    fields = settings.map or {}

    def at(field: str, problem: str, expected: str, hint: str) -> Fault:
        return document.fault(_place(settings, field), problem, expected, hint)

    if settings.map is None:
        yield from missing(at, names(reads), target.contract)
        return
    yield from misfits(at, fields, mapping, (reads, target.contract), target.name)
