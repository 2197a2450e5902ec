"""The ``confluent`` policy for JSON Schema: the verdicts that Confluent's Schema Registry would give.

For those who publish to topics that such a registry guards: what passes here passes there. It is not sound
(it calls breaking what no document shows, and compatible what some document does): ``confluent_evidence``
tells of each break whether a document shows it.
"""

from __future__ import annotations

from typing import Final

from trunkline.contracts.compat.confluent_differences import COMPATIBLE, Found, TooLong, found
from trunkline.contracts.compat.confluent_drafts import DRAFT_7, draft_of, read_draft
from trunkline.contracts.compat.confluent_modern import read_modern
from trunkline.contracts.compat.confluent_shapes import Shape
from trunkline.contracts.compat.difference import Change, Difference, Effect, Schema
from trunkline.contracts.field import pointer_of

_WHY: Final = {
    "added to open content model": "what the old schema let stand there unnamed now has to have a shape",
    "added to unopen content model": "the old schema let nothing stand there that is not named",
    "removed from open content model": "the new schema lets anything stand there",
    "removed from closed content model": "the new schema lets nothing stand there",
    "is covered by partially open content model": "it has the shape asked of members that are not named",
    "not covered by partially open content model": "it has not the shape asked of members that are not named",
}


def confluent_difference(old: Schema, new: Schema) -> Difference:
    """Return what that registry finds between two schemas, read in both directions.

    The draft is that of ``$schema``, draft 7 where it says none, as there. Changes are those of *backward*,
    then those that only *forward* calls breaking, named as it names them: with the roles of the two changed.

    Raises ``ValueError`` for what is no schema to it, refers to something outside itself or is too large.
    """
    before, after = _read(old), _read(new)
    try:
        backward, forward = found(before, after), found(after, before)
    except (TooLong, RecursionError):
        return Difference("confluent", (_UNDECIDED,))
    breaking = dict.fromkeys(each for each in forward if each[1] not in COMPATIBLE)
    effects: dict[Found, tuple[Effect, Effect]] = {
        each: (_effect(each), "breaking" if each in breaking else "compatible") for each in backward
    }
    effects |= {each: ("compatible", "breaking") for each in breaking if each not in effects}
    return Difference("confluent", tuple(_change(each, *both) for each, both in effects.items()))


_UNDECIDED: Final = Change(
    pointer="",
    kind="too long to compare",
    detail="the two schemas come to more pairs of parts than are compared",
    backward="undecided",
    forward="undecided",
)


def _read(schema: Schema) -> Shape:
    draft = draft_of(schema)
    return read_draft(schema, draft) if draft <= DRAFT_7 else read_modern(schema)


def _effect(each: Found) -> Effect:
    return "compatible" if each[1] in COMPATIBLE else "breaking"


def _change(each: Found, backward: Effect, forward: Effect) -> Change:
    path, kind = each
    why = next((f": {reason}" for ending, reason in _WHY.items() if kind.endswith(ending)), "")
    only = "from new to old: " if (backward, forward) == ("compatible", "breaking") else ""
    return Change(
        pointer=pointer_of(path),
        kind=kind,
        detail=f"{only}{kind}{why}",
        backward=backward,
        forward=forward,
    )
