"""How many members and items there are, and which members: what is asked follows from what is stated.

Rules of ``proof`` that need no proof of what is inside.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.sides import NOTHING, Facts, Side

KEYWORDS: Final = ("required", "uniqueItems", "minProperties", "maxProperties", "minItems", "maxItems")


def follows(produced: Side, facts: Facts, part: dict[str, Any]) -> bool:
    """Tell whether every value that has the facts of a side is as one of the keywords asks."""
    [(keyword, asked)] = part.items()
    kind = "object" if keyword == "required" or keyword.endswith("Properties") else "array"
    if kind not in of.types(facts):
        return True
    if keyword == "required":
        return of.required(facts) >= set(asked)
    if keyword == "uniqueItems":
        return asked is False or _is_unique(facts)
    return _is_within(produced, facts, keyword, asked)


def _is_within(produced: Side, facts: Facts, keyword: str, limit: Any) -> bool:
    known = of.bound(facts, keyword)
    if keyword == "minProperties":
        return bool(max(known or 0, len(of.required(facts))) >= limit)
    if keyword == "maxItems" and known is None and NOTHING in of.item(produced, facts, int(limit)):
        return True
    return known is not None and bool(known >= limit if keyword.startswith("min") else known <= limit)


def _is_unique(facts: Facts) -> bool:
    most = of.bound(facts, "maxItems")
    return any(fact.get("uniqueItems") is True for fact in facts) or (most is not None and most <= 1)
