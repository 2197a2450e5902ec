"""Two versions of a JSON Schema, compared: the entrance to everything else in this package."""

from __future__ import annotations

import itertools

from trunkline.contracts.compat import practice
from trunkline.contracts.compat.changes import MOST_CHANGES, Found, Walk
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.difference import Change, Difference, Effect, Example, Policy, Schema, worst
from trunkline.contracts.compat.judging import Judge, Judgement
from trunkline.contracts.compat.sides import NO_FORMATS, Formats, Side, same

_COMPATIBLE: Judgement = ("compatible", None)


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
        return confluent_difference(old, new)
    before, after = Side(old, formats), Side(new, formats)
    if same(old, new):
        return Difference(policy)
    backward, forward = _directions(before, after, policy)
    listed = list(itertools.islice(Walk(before, after).found(), MOST_CHANGES + 1))
    changes = [_judged(found, backward, forward) for found in listed[:MOST_CHANGES]]
    return Difference(policy, (*changes, *_rest(changes, backward, forward, more=len(listed) > MOST_CHANGES)))


class _Direction:
    """A direction: whether it is compatible as a whole, else what single changes do to it."""

    def __init__(self, produced: Side, read: Side, *, backward: bool) -> None:
        self._judge = Judge(produced, read)
        self._backward = backward
        self.is_contained = self._judge.is_contained()

    def of(self, found: Found) -> Judgement:
        """Judge one change: none breaks what is compatible as a whole."""
        if self.is_contained:
            return _COMPATIBLE
        demands = found.demands(self._judge.produced, self._judge.read, backward=self._backward)
        return self._judge.demands(demands)

    def rest(self, effect: Effect) -> Judgement:
        """Judge what no listed change accounts for, they coming to this effect at worst."""
        if self.is_contained or effect == "breaking":
            return _COMPATIBLE
        judged = self._judge.whole()
        return judged if worst((judged[0], effect)) != effect else _COMPATIBLE


def _directions(before: Side, after: Side, policy: Policy) -> tuple[_Direction, _Direction]:
    if policy == "strict":
        return _Direction(before, after, backward=True), _Direction(after, before, backward=False)
    return (
        _Direction(practice.produced(before), practice.read(after), backward=True),
        _Direction(practice.produced(after), practice.read(before), backward=False),
    )


def _judged(found: Found, backward: _Direction, forward: _Direction) -> Change:
    return _change(found.pointer, found.kind, found.detail, backward.of(found), forward.of(found))


def _rest(
    changes: list[Change], backward: _Direction, forward: _Direction, *, more: bool
) -> tuple[Change, ...]:
    """Return the change that carries what no other does, if there is such a thing."""
    judged = [
        backward.rest(worst(change.backward for change in changes)),
        forward.rest(worst(change.forward for change in changes)),
    ]
    if judged == [_COMPATIBLE, _COMPATIBLE] and changes and not more:
        return ()
    detail = f"and more than {MOST_CHANGES} changes" if more else "the schemas differ as a whole"
    return (_change("", "shape-changed", detail, *judged),)


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
