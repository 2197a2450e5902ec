"""Whether no value can have two sets of facts at once, by simple signs: types, tags, listed values."""

from __future__ import annotations

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.sides import Facts, Side

MOST_LEVELS = 3
"""How deep in a value a sign is looked for."""


def excluded(one: Side, facts: Facts, other: Side, theirs: Facts, levels: int = MOST_LEVELS) -> bool:
    """Tell whether it is proved that no value has the facts of both.

    They have no type in common; or all values of one can be listed and the other refuses each; or they are
    objects only, and a member that one requires excludes itself; or one is a choice of which each does.
    """
    one.effort.spend(of.steps(facts) + of.steps(theirs))
    common = of.types(facts) & of.types(theirs)
    if not common or _refuses_all(one, facts, other, theirs) or _refuses_all(other, theirs, one, facts):
        return True
    if common == {"object"} and levels:
        named = of.required(facts) | of.required(theirs)
        if any(
            excluded(one, of.child(one, facts, name), other, of.child(other, theirs, name), levels - 1)
            for name in named
        ):
            return True
    return bool(levels) and (
        _each_excluded(one, facts, other, theirs, levels) or _each_excluded(other, theirs, one, facts, levels)
    )


def _refuses_all(one: Side, facts: Facts, other: Side, theirs: Facts) -> bool:
    listed = of.values(one, facts)
    return listed is not None and not any(
        all(other.is_valid(fact, value) for fact in theirs) for value in listed
    )


def _each_excluded(one: Side, facts: Facts, other: Side, theirs: Facts, levels: int) -> bool:
    """Tell whether each alternative that the facts hold excludes the others' facts."""
    choices = (fact[key] for fact in facts for key in of.CHOICES if key in fact)
    return any(
        all(excluded(one, one.flat(branch), other, theirs, levels - 1) for branch in branches)
        for branches in choices
    )
