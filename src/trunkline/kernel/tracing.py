"""W3C Trace Context (https://www.w3.org/TR/trace-context/): who sent what, on the way in and on the way out.

A correlation ID is a trace id. What else came with it is an event's ``parent``: the sender's span, its flags
and its vendors' state, kept as one text (``b7ad6b7169203331-01;rojo=1``), so that an event whose sender
traces nothing costs nothing. The spans that we make have ids that follow from what is stored: whoever knows
an event knows the id of the span in which it arrived, and of each attempt, without a record of either.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

STATE_CHARACTERS = 512
"""What is kept of a ``tracestate``: the standard asks for at least that much (section 3.3.1.5)."""

SAMPLED = 1
_KNOWN_FLAGS = 0b11  # sampled, and of level 2 random: of what a later version means nothing may be passed on
_OURS = "trunkline"

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MEMBER = re.compile(
    r"([a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_MOST_MEMBERS = 32
_LONG_MEMBER = 128
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where something that arrived comes from: trace id and ``parent``; both empty without a trace."""

    correlation: str = ""
    parent: str = ""


_NOWHERE = Context()


def received(traceparent: str, tracestate: str = "") -> Context:
    """Read the two headers; one that is not valid counts as one that did not come (sections 3.2 and 4)."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return _NOWHERE
    version, trace, span, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or trace == _NO_TRACE or span == _NO_SPAN:
        return _NOWHERE
    state = _state(tracestate) if tracestate else ""
    known = f"{int(flags, 16) & _KNOWN_FLAGS:02x}"
    return Context(trace, f"{span}-{known};{state}" if state else f"{span}-{known}")


def _state(text: str) -> str:
    """Return the vendors' state as it is passed on, bounded; one fault in it makes it none at all."""
    members = [part for part in (one.strip(" \t") for one in text.split(",")) if part]
    matches = [_MEMBER.fullmatch(member) for member in members]
    keys = {match[1] for match in matches if match}
    if len(keys) < len(members) or len(members) > _MOST_MEMBERS:
        return ""
    return _bounded(members)


def _bounded(members: list[str]) -> str:
    """Leave out what the standard says goes first where it is too long: long ones, then the last."""
    if len(",".join(members)) > STATE_CHARACTERS:
        members = [member for member in members if len(member) <= _LONG_MEMBER]
    while len(",".join(members)) > STATE_CHARACTERS:
        members = members[:-1]
    return ",".join(members)


def span_of(parent: str) -> str:
    """Return the sender's span; empty where it sent none."""
    return parent[:16]


def is_sampled(parent: str) -> bool:
    """Tell whether the sender records its trace; where no sender says, whoever we tell may do so."""
    return not parent or bool(int(parent[17:19], 16) & SAMPLED)


def arrival_span(correlation: str, stream: str, offset: int) -> str:
    """Return the id of the span in which an event arrived."""
    return _derived(correlation, "arrival", stream, str(offset))


def attempt_span(correlation: str, idempotency_key: str, attempt: int) -> str:
    """Return the id of the span of one attempt: a call that nobody is to blame for is made again in it."""
    return _derived(correlation, "attempt", idempotency_key, str(attempt))


def _derived(*parts: str) -> str:
    named = "".join(f"{len(part)}:{part}" for part in parts)
    span = hashlib.blake2b(named.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return span if span != _NO_SPAN else "1".zfill(16)


def replayed_as(correlation: str, replay_id: str) -> str:
    """Return the trace that a replay delivers an event in, or, given that, the trace of the event.

    A replay is linked to what it repeats and no part of it: each event of it is a trace of its own, as far
    from the first as the replay's id says. So one leads to the other, both ways, without a record of it.
    """
    mask = hashlib.blake2b(replay_id.encode(), digest_size=16, person=b"trunkline replay").digest()
    linked = int(correlation, 16) ^ int.from_bytes(mask, "big")
    return f"{linked:032x}" if linked else correlation


def replay_parent(correlation: str) -> str:
    """Return the ``parent`` of a replayed event: no span, and our own state, the trace it repeats."""
    return f"{_NO_SPAN}-01;{_OURS}={correlation}"


def repeated_by(parent: str) -> str:
    """Return the trace that a replayed event repeats, as ``replay_parent`` wrote it; empty for any other."""
    return parent.partition("=")[2] if parent.startswith(_NO_SPAN) else ""


def headers(correlation: str, parent: str, span: str) -> dict[str, str]:
    """Write the headers of one call: its span, the sender's flags, and the state that came or is ours."""
    flags, _, state = parent[17:].partition(";")
    written = {"traceparent": f"00-{correlation}-{span}-{flags or '01'}"}
    if state:
        written["tracestate"] = state
    return written
