"""What a contract promises about its own changes: which mode of compatibility, under which policy.

Called by ``contract``. ``customProperties`` of the schema object or of the whole file say it:
``compatibility`` and ``compatibilityPolicy``. The log holds events of every earlier version of a stream, so
a new one reads them all unless the contract says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from trunkline.contracts.compat.difference import Mode, Policy
from trunkline.contracts.naming import stated
from trunkline.contracts.odcs import Element
from trunkline.contracts.shapes import Shapes
from trunkline.kernel.faults import did_you_mean


class Promise(msgspec.Struct, frozen=True):
    """What a new version of a contract owes to those before it, and how they are compared."""

    mode: Mode = "backward_transitive"
    policy: Policy = "practical"


def promise_of(shapes: Shapes, odcs: Element) -> Promise:
    """Return what a schema object promises; what is wrong is noted on ``shapes``."""
    said = stated(shapes, odcs)
    words = {}
    for key, name, known in (
        ("mode", "compatibility", get_args(Mode)),
        ("policy", "compatibilityPolicy", get_args(Policy)),
    ):
        if name in said:
            tokens, word = said[name]
            if _is_known(shapes, tokens, name, word, known):
                words[key] = word
    return Promise(**words)


def _is_known(shapes: Shapes, tokens: Any, name: str, word: Any, known: Sequence[str]) -> bool:
    if word in known:
        return True
    hint = did_you_mean(str(word).lower(), known)
    shapes.notes.fault(tokens, f'{name} cannot be "{word}"', "one of " + ", ".join(known), hint)
    return False
