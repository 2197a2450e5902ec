"""Two versions of a JSON Schema, compared: the entrance to everything else in this package."""

from __future__ import annotations

import itertools

from trunkline.contracts.compat.changes import MOST_CHANGES, Found, Walk
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.confluent_evidence import with_evidence
from trunkline.contracts.compat.difference import Change, Difference, Effect, Example, Policy, Schema, worst
from trunkline.contracts.compat.effort import MOST_STEPS, Effort, Exhausted
from trunkline.contracts.compat.equality import same
from trunkline.contracts.compat.judging import Judge, Judgement
from trunkline.contracts.compat.practice import Practice
from trunkline.contracts.compat.sides import NO_FORMATS, Formats, Side

_COMPATIBLE: Judgement = ("compatible", None)
_UNDECIDED: Judgement = ("undecided", None)
_TOO_LONG = (
    f"comparing them took more than {MOST_STEPS:,} steps and was cut short: compare parts of them, or have "
    "alternatives require a member whose const tells them apart"
)


def compare(
    old: Schema,
    new: Schema,
    policy: Policy = "practical",
    formats: Formats = NO_FORMATS,
) -> Difference:
    """Return what differs between two schemas, and what each change does to readers and producers.

    ``formats`` are those that contracts made, of both versions together. Raises ``ValueError`` for what is no
    JSON Schema 2020-12, is too large, or refers to something outside itself.
    """
    if policy == "confluent":
        return with_evidence(confluent_difference(old, new), old, new, formats)
    effort = Effort()
    before, after = Side(old, formats, effort), Side(new, formats, effort)
    if same(old, new):
        return Difference(policy)
    listed, is_cut = _listed(before, after)
    try:
        backward, forward = _directions(before, after, policy)
    except (Exhausted, RecursionError):
        return Difference(policy, (_change("", "shape-changed", _TOO_LONG, _UNDECIDED, _UNDECIDED),))
    judged = list(zip(listed, backward.judged(listed), forward.judged(listed), strict=True))
    changes = [_change(found.pointer, found.kind, found.detail, *each) for found, *each in judged]
    return Difference(policy, (*changes, *_rest(changes, backward, forward, effort, is_cut=is_cut)))


def _listed(before: Side, after: Side) -> tuple[list[Found], bool]:
    """Return the changes that are listed, and whether there are others."""
    found: list[Found] = []
    try:
        found.extend(itertools.islice(Walk(before, after).found(), MOST_CHANGES + 1))
    except (Exhausted, RecursionError):
        return found[:MOST_CHANGES], True
    return found[:MOST_CHANGES], len(found) > MOST_CHANGES


class _Direction:
    """A direction: what each of some changes does to it, and what all of them together."""

    def __init__(self, produced: Side, read: Side, *, backward: bool) -> None:
        self._judge = Judge(produced, read)
        self._backward = backward

    def judged(self, listed: list[Found]) -> list[Judgement]:
        """Judge changes one by one: none breaks what is compatible as a whole.

        The whole is looked into as far as need be: one change that is shown to break settles it.
        """
        if self._judge.is_shown:
            return [_COMPATIBLE for _ in listed]
        each = [self._of(found) for found in listed]
        if any(effect == "breaking" for effect, _ in each) or self._judge.quickly_whole != _COMPATIBLE:
            return each
        return [_COMPATIBLE for _ in listed]

    def _of(self, found: Found) -> Judgement:
        try:
            demands = found.demands(self._judge.produced, self._judge.read, backward=self._backward)
        except Exhausted:
            return _UNDECIDED
        return self._judge.demands(demands)

    def rest(self, effect: Effect) -> Judgement:
        """Judge what no listed change accounts for, they coming to this effect at worst."""
        if effect == "breaking" or self._judge.is_shown:
            return _COMPATIBLE
        judged = self._judge.whole()
        return judged if worst((judged[0], effect)) != effect else _COMPATIBLE


def _directions(before: Side, after: Side, policy: Policy) -> tuple[_Direction, _Direction]:
    if policy == "strict":
        return _Direction(before, after, backward=True), _Direction(after, before, backward=False)
    old, new = Practice(before), Practice(after)
    return (
        _Direction(old.produced, new.read, backward=True),
        _Direction(new.produced, old.read, backward=False),
    )


def _rest(
    changes: list[Change], backward: _Direction, forward: _Direction, effort: Effort, *, is_cut: bool
) -> tuple[Change, ...]:
    """Return the change that carries what no other does, if there is such a thing."""
    judged = [
        backward.rest(worst(change.backward for change in changes)),
        forward.rest(worst(change.forward for change in changes)),
    ]
    undecided = "undecided" in {one for change in changes for one in (change.backward, change.forward)}
    is_long = effort.is_exhausted and (undecided or _UNDECIDED in judged)
    if judged == [_COMPATIBLE, _COMPATIBLE] and changes and not is_cut and not is_long:
        return ()
    detail = "and more changes than are listed" if is_cut else "the schemas differ as a whole"
    return (_change("", "shape-changed", _TOO_LONG if is_long else detail, *judged),)


def _change(pointer: str, kind: str, detail: str, backward: Judgement, forward: Judgement) -> Change:
    examples: tuple[Example | None, Example | None] = backward[1], forward[1]
    return Change(
        pointer=pointer,
        kind=kind,
        detail=detail,
        backward=backward[0],
        forward=forward[0],
        backward_example=examples[0],
        forward_example=examples[1],
    )
