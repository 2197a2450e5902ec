"""The consumer side: whether a mapping gives what its target's contract takes, whatever may come.

Every document goes the way of delivery (``delivery/attempt.py``): decoded as far as the mapping reads, the
flow's ``when``, its expressions or function, the target's contract, and what an HTTP request is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from trunkline.adapters.http.request import compile_body, compile_request
from trunkline.app.project import Flow, Target
from trunkline.app.testing.generating import generated
from trunkline.app.testing.result import Finding, Result, skipped
from trunkline.app.testing.shrinking import MOST_TRIES, shrunk
from trunkline.contracts.contract import Contract
from trunkline.kernel import json
from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.event import Event

MOST_FINDINGS = 20
"""How many failures of one flow are told, the most frequent first."""
MOST_OVER_LIMIT = 20
"""After so many documents that take a mapping over its limits no more are tried: each takes its time."""

_RECORDED = 1_767_225_600_000_000
"""When the events of a test were recorded, the first instant of 2026: ``$now()`` has to be something."""
_OVER_LIMIT = re.compile(r"JSONata error (?:D101[12]|U100\d)")
_TRIES_OVER_LIMIT = 20


class Failure(msgspec.Struct, frozen=True):
    """Why one document fails: see ``result.Finding``."""

    kind: Literal["mapping", "limit", "contract", "request"]
    pointer: str
    reason: str


Ran = list[Failure] | None
"""What came of a document: its failures, none where it passes, or None where the flow drops it."""


def consumer_side(flow: Flow, contract: Contract, target: Contract, most: int, seed: int) -> Result:
    """Run a flow's mapping on ``most`` generated documents of a contract, at most.

    ``contract`` and ``target`` are what the stream's and the target's records keep to.
    """
    settings = flow.settings
    reads = (path for path in flow.mapping.lineage.get("when", ()) if path) if settings.when else ()
    found = generated(contract, most, seed, [settings.when or ""], reads)
    if not found:
        return skipped("consumer", flow.name, f"no document was found that {contract.ref} takes")
    run = Run(flow, contract, target)
    shown: dict[Failure, list[Any]] = {}
    dropped = faulty = over_limit = looked_at = 0
    for document in found:
        if over_limit >= MOST_OVER_LIMIT:
            break
        looked_at += 1
        failures = run(document)
        dropped += failures is None
        faulty += bool(failures)
        over_limit += any(one.kind == "limit" for one in failures or ())
        for failure in failures or ():
            shown.setdefault(failure, []).append(document)
    summary = _summary(looked_at, dropped, faulty)
    if dropped == looked_at:
        return skipped("consumer", flow.name, f"it drops all of {looked_at:,} documents: nothing was tested")
    worst = sorted(shown.items(), key=lambda item: (-len(item[1]), item[0].pointer))[:MOST_FINDINGS]
    findings = tuple(_finding(run, settings.map or {}, failure, seen) for failure, seen in worst)
    outcome: Literal["failed", "passed"] = "failed" if faulty else "passed"
    return Result("consumer", flow.name, outcome, summary, looked_at, faulty, findings)


class Run:
    """One flow, to be run on documents."""

    def __init__(self, flow: Flow, contract: Contract, target: Contract) -> None:
        self.contract = contract
        self._map = flow.mapping
        self._decode = flow.mapping.decode
        self._fields = {*(flow.settings.map or ()), "when"}
        self._target = target
        self._send = _sending(flow.target)

    def __call__(self, document: dict[str, Any]) -> Ran:
        """Run the flow on a document."""
        data = json.encode(document)
        try:
            mapped = self._map(self._decode(data), _event(self.contract, document, data))
        except DeliveryError as error:
            return [self._failure(error.detail)]
        except Exception as error:  # noqa: BLE001  as in delivery: a user's mapping may raise anything
            return [Failure("mapping", "", f"the mapping raised {type(error).__name__}")]
        if mapped is None:
            return None
        wrong = self._target.check(mapped)
        if wrong:
            return [Failure("contract", one.pointer, one.message) for one in wrong]
        try:
            self._send(mapped)
        except DeliveryError as error:
            return [Failure("request", "", error.detail)]
        return []

    def _failure(self, detail: str) -> Failure:
        field, colon, reason = detail.partition(": ")
        kind: Literal["limit", "mapping"] = "limit" if _OVER_LIMIT.search(detail) else "mapping"
        if colon and field in self._fields:
            return Failure(kind, "/" + field.replace(".", "/"), reason)
        return Failure(kind, "", detail)


def _sending(target: Target) -> Callable[[dict[str, Any]], object]:
    """Return what makes the request of a record without sending it; nothing where none is made."""
    if target.via != "http":
        return lambda _: None
    request, body = compile_request(target.settings.request), compile_body(target.settings.body)
    return lambda record: (request.path(record), request.query(record), body(record))


def _event(contract: Contract, document: dict[str, Any], data: bytes) -> Event:
    reading = contract.reading(document)
    time = reading.event_time or _RECORDED
    subject = reading.entity_key
    identity = reading.identity or "test"
    return Event(identity, "test", contract.name, subject, time, _RECORDED, contract.ref, "0" * 32, data)


def _finding(run: Run, expressions: dict[str, str], failure: Failure, seen: Sequence[Any]) -> Finding:
    def fails(document: Any) -> bool:
        return (
            isinstance(document, dict)
            and not run.contract.check(document)
            and failure in (run(document) or ())
        )

    tries = _TRIES_OVER_LIMIT if failure.kind == "limit" else MOST_TRIES
    smallest = shrunk(min(seen, key=lambda one: len(json.encode(one))), fails, tries)
    expression = _expression(expressions, failure.pointer)
    return Finding(failure.kind, failure.pointer, failure.reason, len(seen), smallest, expression=expression)


def _expression(expressions: dict[str, str], pointer: str) -> str:
    """Return the expression that gives what is at a pointer, with its field; empty where none does."""
    path = pointer.replace("~1", "/").replace("~0", "~").split("/")[1:]
    for length in range(len(path), 0, -1):
        field = ".".join(path[:length])
        if field in expressions:
            return f"{field}: {expressions[field]}"
    return ""


def _summary(looked_at: int, dropped: int, faulty: int) -> str:
    said = f"{looked_at:,} documents"
    said += f", {dropped:,} of them dropped by the flow" if dropped else ""
    return f"{said}, {faulty:,} fail" if faulty else f"{said}, none fails"
