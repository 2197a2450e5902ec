"""A contract as its readers see it: plain values that hold nothing of a record and no personal example."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.contracts.contract import ServiceLevel

NO_EXAMPLE = msgspec.UNSET
"""Stands where no example can be given; null is one."""


class FieldDoc(msgspec.Struct, frozen=True):
    """One field with the fields inside it, in the order of the file.

    ``path`` is dotted: ``-`` stands for the items of an array, ``*`` for the values of a map. ``type`` and
    ``constraints`` are in words. ``roles`` tell what it is for: ``entity key``, ``idempotency key``,
    ``event time``, ``version``. ``example`` is made up wherever the field is personal.
    """

    name: str
    path: str
    title: str
    type: str
    required: bool
    personal: bool
    classification: str
    meaning: str
    constraints: tuple[str, ...]
    roles: tuple[str, ...]
    example: Any
    fields: tuple[FieldDoc, ...] = ()

    @property
    def depth(self) -> int:
        """How many fields it stands in."""
        return self.path.count(".")


class Member(msgspec.Struct, frozen=True):
    """Somebody of the team that a contract names, who has not left it."""

    name: str
    role: str = ""


class ContractDoc(msgspec.Struct, frozen=True):
    """One contract. ``state`` is its life-cycle state as its file says it.

    ``retention`` and ``legal_basis`` say how long, and on what ground, its data may be kept.

    ``example`` is a whole record that the contract accepts, ``NO_EXAMPLE`` where none was found. ``schema``
    is what its records are checked by.
    """

    name: str
    version: str
    ref: str
    stream: str
    title: str
    description: str
    usage: str
    limitations: str
    state: str
    owner: str
    team: tuple[Member, ...]
    domain: str
    data_product: str
    tags: tuple[str, ...]
    retention: str
    legal_basis: str
    service_levels: tuple[ServiceLevel, ...]
    fields: tuple[FieldDoc, ...]
    schema: dict[str, Any]
    example: Any

    @property
    def all_fields(self) -> tuple[FieldDoc, ...]:
        """Every field, each before those inside it."""
        return tuple(_flat(self.fields))

    @property
    def personal(self) -> tuple[FieldDoc, ...]:
        """The fields whose values are personal."""
        return tuple(one for one in self.all_fields if one.personal)


def _flat(fields: tuple[FieldDoc, ...]) -> list[FieldDoc]:
    return [each for one in fields for each in (one, *_flat(one.fields))]
