"""Personal fields out of sight: what every view of a record goes through, whoever shows it.

A contract says which fields are personal. What it does not describe might be anything, so it is masked
as well, wherever it stands: at the top, in an object, as an item of an array. All below a personal field is
masked. The shape of a record stays, so that a person still sees what is there.
"""

from __future__ import annotations

from typing import Any

from trunkline.contracts.contract import Contract

MASK = "***"

_ITEM = "-"
_ANY_NAME = "*"


def masked(record: Any, contract: Contract | None) -> Any:
    """Return a copy of ``record`` with every personal or undescribed value as ``***``.

    Without a contract (it was removed) all values are masked. Absent and null stay what they are.
    """
    if contract is None:
        return _hidden(record)
    personal = {field.path: field.personal for field in contract.fields}
    return _shown(record, (), personal)


def masked_subject(subject: str, contract: Contract | None) -> str:
    """Return an entity key, or ``***`` where a field that it is made of is personal."""
    if contract is None:
        return MASK if subject else ""
    names = set(contract.primary_key)
    parts = {".".join(field.path) for field in contract.fields if field.personal}
    hidden = any(name == part or name.startswith(f"{part}.") for name in names for part in parts)
    return MASK if hidden and subject else subject


def _shown(value: Any, path: tuple[str, ...], personal: dict[tuple[str, ...], bool]) -> Any:
    if path:
        described = personal.get(path)
        if described is None or described:
            return _hidden(value)
    if isinstance(value, dict):
        return {name: _shown(child, _below(path, name, personal), personal) for name, child in value.items()}
    if isinstance(value, list):
        return [_shown(child, (*path, _ITEM), personal) for child in value]
    return value


def _below(path: tuple[str, ...], name: str, personal: dict[tuple[str, ...], bool]) -> tuple[str, ...]:
    own = (*path, name)
    return own if own in personal else (*path, _ANY_NAME)


def _hidden(value: Any) -> Any:
    """Mask every value below: names and counts stay."""
    if isinstance(value, dict):
        return {name: _hidden(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_hidden(child) for child in value]
    return None if value is None else MASK
