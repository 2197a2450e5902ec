"""Whether every document of one JSON Schema is one of another: proved, refuted, or neither.

The proof is the canonical form of jsonschema-rs, which answers *yes* only where it holds. It is the one
place that calls it.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from trunkline.contracts.compat.difference import Effect, Schema

_EFFECTS: dict[Any, Effect] = {
    canonical.Containment.YES: "compatible",
    canonical.Containment.NO: "breaking",
    canonical.Containment.UNKNOWN: "undecided",
}


def containment(produced: Schema, read: Schema) -> Effect:
    """Tell whether what one schema allows is allowed by another.

    Raises ``ValueError`` for what is no JSON Schema 2020-12, or refers to something outside itself.
    """
    try:
        return _EFFECTS[_canonical(read).covers(_canonical(produced))]
    except (canonical.UnsupportedOperand, canonical.UnsupportedResult):
        return "undecided"


def _canonical(schema: Schema) -> jsonschema_rs.CanonicalSchema:
    try:
        return jsonschema_rs.canonicalize(
            schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
        )
    except canonical.CanonicalizationError as error:
        raise ValueError(str(error)) from None
