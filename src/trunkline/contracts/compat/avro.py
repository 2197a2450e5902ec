"""Two Avro schemas, compared: the entrance for Avro, beside ``compare`` for JSON Schema.

``practical`` is ``strict`` here: readers of Avro leave out fields they do not know, by the specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trunkline.contracts.compat.avro_confluent import Found, registry_found
from trunkline.contracts.compat.avro_documents import NoDocument, is_read, placed
from trunkline.contracts.compat.avro_resolution import WORDS, Finding, resolved
from trunkline.contracts.compat.avro_types import ABSENT, AvroType, extent
from trunkline.contracts.compat.difference import (
    Change,
    Difference,
    Direction,
    Effect,
    Evidence,
    Example,
    Policy,
    worst,
)
from trunkline.contracts.compat.effort import Effort, Exhausted

_STEPS_A_PART: Final = 3
"""About how many steps it takes to have one type, field or symbol read by the library."""
_BOTH: Final[dict[Direction, list[tuple[Effect, Example | None]]]] = {
    "backward": [("undecided", None)],
    "forward": [("undecided", None)],
}

_DETAILS: Final = {
    "alias ambiguous": "the field stands for two of the other version's fields",
    "branch added": "the union has a type more",
    "branch removed": "a type of the union is no longer read",
    "default added": "the field has a default now",
    "default changed": "the field's default is another one",
    "default removed": "the field has no default any more",
    "field added": "the record has a field more",
    "field removed": "the record has a field less",
    "field renamed": "the field has another name, and an alias for the one before",
    "logical type added": "the value is taken for what it was not written as",
    "logical type changed": "the same bytes mean something else",
    "logical type removed": "the value is only its bytes, text or number any more",
    "name changed": "the type has another name",
    "namespace changed": "the type has another namespace, by which some readers know it",
    "precision narrowed": "the decimal has fewer digits",
    "precision widened": "the decimal has more digits",
    "scale changed": "the same bytes are another number",
    "size changed": "the value has another number of bytes",
    "symbol added": "the enum has a symbol more",
    "symbol removed": "a symbol of the enum is gone",
    "too large": "comparing them took too many steps and was cut short: compare parts of them",
    "type changed": "the type is another one",
    "type narrowed": "the type takes less than before",
    "type widened": "the type takes what was written before, and more",
}
"""Every class of change of ``strict`` and ``practical``."""


def compare_avro(old: AvroType, new: AvroType, policy: Policy = "practical") -> Difference:
    """Return what differs between two Avro schemas, and what each change does to readers and producers.

    Raises ``ValueError`` where ``fastavro`` is needed to show a break and is not installed.
    """
    effort = Effort()
    try:
        changes = _of_registry(old, new, effort) if policy == "confluent" else _resolved(old, new, effort)
        return Difference(policy, tuple(changes))
    except (Exhausted, RecursionError):
        return Difference(policy, (_change("", "too large", _BOTH),))


def _resolved(old: AvroType, new: AvroType, effort: Effort) -> Iterator[Change]:
    found: dict[tuple[str, str], dict[Direction, list[tuple[Effect, Example | None]]]] = {}
    for finding in resolved(old, new, effort):
        place = finding.writer if finding.reader is None else finding.reader
        told = found.setdefault((place or "", finding.kind), {})
        told.setdefault("backward", []).append(_shown(finding, old, new, effort))
    for finding in resolved(new, old, effort):
        place = finding.reader if finding.writer is None else finding.writer
        told = found.setdefault((place or "", _mirrored(finding.kind)), {})
        told.setdefault("forward", []).append(_shown(finding, new, old, effort))
    return (_change(*key, effects) for key, effects in found.items())


def _change(pointer: str, kind: str, found: dict[Direction, list[tuple[Effect, Example | None]]]) -> Change:
    effects = {way: worst(effect for effect, _ in each) for way, each in found.items()}
    examples = {way: next((e for _, e in each if e is not None), None) for way, each in found.items()}
    return Change(
        pointer=pointer,
        kind=kind,
        detail=_DETAILS[kind],
        backward=effects.get("backward", "compatible"),
        forward=effects.get("forward", "compatible"),
        backward_example=examples.get("backward"),
        forward_example=examples.get("forward"),
    )


def _shown(
    finding: Finding, writer: AvroType, reader: AvroType, effort: Effort
) -> tuple[Effect, Example | None]:
    """Return what a finding does, shown by a document; a break that cannot be shown is undecided."""
    if finding.effect != "breaking":
        return finding.effect, None
    if finding.part is ABSENT:
        return "undecided", None
    try:
        effort.spend(_STEPS_A_PART * (extent(writer) + extent(reader)))
        document = placed(finding.way, finding.part, effort)
        agrees = is_read(writer, reader, document) == finding.misread
    except (NoDocument, Exhausted, RecursionError):
        return "undecided", None
    return ("breaking", Example(document)) if agrees else ("undecided", None)


def _mirrored(kind: str) -> str:
    words = kind.split()
    return " ".join([*words[:-1], WORDS.get(words[-1], words[-1])])


def _of_registry(old: AvroType, new: AvroType, effort: Effort) -> Iterator[Change]:
    backward, forward = registry_found(new, old, effort), registry_found(old, new, effort)
    for place, kind, shown in _evident(backward, old, new, effort):
        yield Change(
            pointer=place,
            kind=kind,
            detail=kind,
            backward="breaking",
            forward="compatible",
            backward_evidence=shown[0],
            backward_example=shown[1],
        )
    for place, kind, shown in _evident(forward, new, old, effort):
        yield Change(
            pointer=place,
            kind=kind,
            detail=kind,
            backward="compatible",
            forward="breaking",
            forward_evidence=shown[0],
            forward_example=shown[1],
        )


def _evident(
    found: list[Found], writer: AvroType, reader: AvroType, effort: Effort
) -> Iterator[tuple[str, str, tuple[Evidence, Example | None]]]:
    """Yield each break that the registry finds, with a document that shows it, or why there is none."""
    breaks = dict.fromkeys(found)
    try:
        findings = resolved(writer, reader, effort) if breaks else []
        is_read = all(finding.effect == "compatible" for finding in findings)
    except (Exhausted, RecursionError):
        findings, is_read = [], False
    for place, kind in breaks:
        examples = (_refused(each, writer, reader, effort) for each in _at(place, findings))
        example = next((one for one in examples if one is not None), None)
        yield place, kind, ("rule" if is_read else "undecided" if example is None else "example", example)


def _at(place: str, findings: list[Finding]) -> list[Finding]:
    """Return what is not read at a place, or else inside it, where a document can show it."""
    refused = [each for each in findings if each.effect == "breaking" and not each.misread]
    inside = [each for each in refused if each.read_at.startswith(f"{place}/")]
    return [each for each in refused if each.read_at == place] or inside


def _refused(finding: Finding, writer: AvroType, reader: AvroType, effort: Effort) -> Example | None:
    try:
        return _shown(finding, writer, reader, effort)[1]
    except ValueError:  # the library that reads and writes is not there, and a verdict needs none
        return None
