"""How single statements of an ODCS element are read: required, personal, type, digits, custom properties.

Called by the modules that compile contracts, so that each statement is understood in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Tokens: TypeAlias = tuple[str | int, ...]
Element: TypeAlias = Mapping[str, Any]

_NOT_PERSONAL = frozenset({"", "public", "internal", "open", "unclassified", "none", "non-personal", "1"})
_NOT_OF_PEOPLE = frozenset({"confidential", "restricted", "secret", "business-confidential"})
_PERSONAL_TAGS = frozenset({"personal", "pii", "sensitive", "gdpr", "special-category"})
_DECIMAL_TYPE = re.compile(r"(?i)\s*(?:decimal|dec|numeric|number)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*")
_VENDOR = "trunkline"
_IMPLIED = {"properties": "object", "items": "array", "map": "map"}


def custom_properties(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``customProperties`` of an ODCS element as a mapping."""
    return {entry["property"]: entry["value"] for entry in element.get("customProperties", ())}


def own_properties(*elements: Element) -> dict[str, Any]:
    """Return the ``customProperties`` that are ours, a later element's over an earlier one's."""
    return {name: value for element in elements for name, (_, value) in own_places(element).items()}


def own_places(element: Element) -> dict[str, tuple[Tokens, Any]]:
    """Return the ``customProperties`` of an element that are ours, each with its place in it and its value.

    An entry with another ``vendor`` is that vendor's.
    """
    return {
        entry["property"]: (("customProperties", index, "value"), entry["value"])
        for index, entry in enumerate(element.get("customProperties", ()))
        if entry.get("vendor", _VENDOR) == _VENDOR
    }


def is_required(prop: Element) -> bool:
    """Tell whether a property must be there and not null: stated, part of the key, or by a quality rule."""
    return bool(prop.get("required") or prop.get("primaryKey")) or any(
        check.get("metric") == "nullValues" and check.get("mustBe") == 0 for check in prop.get("quality", ())
    )


def is_personal(classification: str, tags: Iterable[str]) -> bool:
    """Tell whether a value must be masked: classified as anything but harmless, or tagged as personal."""
    return classification.lower() not in _NOT_PERSONAL or not _PERSONAL_TAGS.isdisjoint(
        tag.lower() for tag in tags
    )


def is_about_people(classification: str, tags: Iterable[str]) -> bool:
    """Tell whether a value is about a person: all that is masked, but what is only a secret of business."""
    tagged = not _PERSONAL_TAGS.isdisjoint(tag.lower() for tag in tags)
    return tagged or (is_personal(classification, ()) and classification.lower() not in _NOT_OF_PEOPLE)


def retention(contract: Element) -> str:
    """Return how long data is kept, as ``slaProperties`` say it: ``90 d``; empty where they do not."""
    for entry in contract.get("slaProperties", ()):
        if entry["property"].lower() == "retention" and entry["value"] is not None:
            return f"{entry['value']} {entry.get('unit', '')}".strip()
    return ""


def logical_type(prop: Element) -> str:
    """Return the stated logical type, else the one that the property's parts imply, else ``any``."""
    return str(prop.get("logicalType") or next((_IMPLIED[key] for key in _IMPLIED if key in prop), "any"))


def digits(prop: Element) -> tuple[int | None, int | None]:
    """Return precision and scale as custom properties or a decimal physical type state them."""
    stated = custom_properties(prop)
    if isinstance(stated.get("precision"), int):
        return stated["precision"], stated.get("scale", 0)
    match = _DECIMAL_TYPE.fullmatch(prop.get("physicalType", ""))
    return (int(match[1]), int(match[2] or 0)) if match else (None, None)
