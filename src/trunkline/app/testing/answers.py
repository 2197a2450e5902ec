"""What an OpenAPI file says a target answers, beside the ``reply`` of the flows that pass it on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from trunkline.app.project import Flow
from trunkline.app.testing.operation import Operation
from trunkline.app.testing.result import Finding
from trunkline.app.testing.spec import Spec
from trunkline.connectors.mapping import compile_mapping
from trunkline.connectors.target import Response
from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat import practice
from trunkline.contracts.compat.sides import Side
from trunkline.contracts.field import pointer_of
from trunkline.contracts.sampling import documents
from trunkline.kernel import json

_BODY = "body."


class Described(msgspec.Struct, frozen=True):
    """A success that is described: where, with which status, and what its JSON looks like, if it has any."""

    pointer: str
    status: int
    side: Side | None


def described(spec: Spec, operation: Operation) -> list[Described]:
    """Return the successes of an operation; raises ``Unusable``, and ``ValueError`` for what is no schema."""
    stated = operation.part.get("responses")
    successes = [key for key in stated if key[:1] == "2"] if isinstance(stated, dict) else []
    found = []
    for key in successes:
        answer = spec.part(stated[key])
        pointer = operation.part.pointer + pointer_of(("responses", key))
        content = answer.get("content") or {}
        media = next((one for name, one in content.items() if "json" in name.lower()), None)
        schema = media.get("schema") if isinstance(media, dict) else None
        side = None
        if schema is not None:
            side = practice.produced(Side(spec.schemas.standing(schema, pointer, "writeOnly")))
        found.append(Described(pointer, int(key) if key.isdecimal() else 200, side))
    return found


def reply_findings(flow: Flow, answers: list[Described], most: int, seed: int) -> Iterator[Finding]:
    """Yield what of a flow's reply does not fit the answers that are described."""
    yield from _broken(flow, answers, most, seed)
    yield from _unknown(flow, answers)


def _broken(flow: Flow, answers: list[Described], most: int, seed: int) -> Iterator[Finding]:
    assert flow.to_reply is not None
    shown: dict[tuple[str, str], list[Any]] = {}
    for one in answers:
        for document in [None] if one.side is None else documents(one.side.root, seed=seed, most=most):
            body = b"" if one.side is None else json.encode(document)
            reply = flow.to_reply(Response(one.status, {"content-type": "application/json"}, body))
            if reply.kind:
                shown.setdefault((one.pointer, reply.detail), []).append(document)
    for (pointer, detail), seen in shown.items():
        example = min(seen, key=lambda document: len(json.encode(document)))
        yield Finding("reply", pointer, f"flow {flow.name}: {detail}", len(seen), example)


def _unknown(flow: Flow, answers: list[Described]) -> Iterator[Finding]:
    """Yield a finding for each member of the body that is read and that no answer has."""
    known = [None if one.side is None else of.closed_names(one.side.flat(one.side.root)) for one in answers]
    if not answers or any(names is None for names, one in zip(known, answers, strict=True) if one.side):
        return
    names = {name for each in known if each is not None for name in each}
    stated = flow.settings.reply or {}
    mapping = compile_mapping({"reply": stated} if isinstance(stated, str) else stated)
    read = {path.split(".")[1] for path in mapping.reads if path.startswith(_BODY) and "`" not in path}
    for name in sorted(read - names):
        reason = f'flow {flow.name} reads "{_BODY}{name}", which no success that is described has'
        yield Finding("reply", answers[0].pointer, reason)
