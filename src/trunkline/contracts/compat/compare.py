"""Two versions of a JSON Schema, compared: the entrance to everything else in this package."""

from __future__ import annotations

from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.containment import containment
from trunkline.contracts.compat.difference import Change, Difference, Policy, Schema


def compare(old: Schema, new: Schema, policy: Policy = "practical") -> Difference:
    """Return what differs between two schemas, and what each change does to readers and producers.

    Raises ``ValueError`` for what is no JSON Schema 2020-12, or refers to something outside itself.
    """
    if policy == "confluent":
        return confluent_difference(old, new)
    backward, forward = containment(old, new), containment(new, old)
    if old == new:
        return Difference(policy)
    change = Change(pointer="", kind="shape", detail="the shapes differ", backward=backward, forward=forward)
    return Difference(policy, (change,))
