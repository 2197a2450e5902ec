"""A compiled contract to what its readers see of it: the one way from ``Contract`` to ``ContractDoc``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trunkline.contracts.contract import Contract
from trunkline.contracts.docs.example import items_of, record_of, value_of
from trunkline.contracts.docs.model import NO_EXAMPLE, ContractDoc, FieldDoc, Member
from trunkline.contracts.docs.words import constraints_of, type_of
from trunkline.contracts.field import Field
from trunkline.contracts.leaves import Schema

_ROLES = {
    "primaryKey": "entity key",
    "idempotencyKey": "idempotency key",
    "eventTime": "event time",
    "version": "version",
}


def described(contract: Contract) -> ContractDoc:
    """Return what there is to say of a contract."""
    about = contract.about
    fields, example = _with_examples(contract)
    return ContractDoc(
        name=contract.name,
        version=contract.version,
        ref=contract.ref,
        stream=contract.stream,
        title=contract.title or contract.name,
        description=contract.description,
        usage=about.usage,
        limitations=about.limitations,
        state=about.status or "active",
        owner=contract.owner,
        team=tuple(_member(one) for one in about.team if not one.get("dateOut")),
        domain=about.domain,
        data_product=about.data_product,
        tags=about.tags,
        retention=about.retention,
        legal_basis=about.legal_basis,
        service_levels=about.service_levels,
        fields=fields,
        schema=contract.schema,
        example=example,
    )


def _with_examples(contract: Contract) -> tuple[tuple[FieldDoc, ...], Any]:
    """Return the fields and a record of their examples.

    Where the contract takes the record of the likeliest ones they are all good; only where it does not is
    each field's looked at by itself, which costs a validator a field.
    """
    for checked in (False, True):
        fields = _Tree(contract, checked=checked).below((), contract.schema)
        example = record_of(fields, contract.schema)
        if example is not NO_EXAMPLE and not contract.check(example):
            return fields, example
    return fields, NO_EXAMPLE


def _member(one: Mapping[str, Any]) -> Member:
    return Member(str(one.get("name") or one.get("username") or ""), str(one.get("role") or ""))


class _Tree:
    """The fields of a contract by what they stand in."""

    def __init__(self, contract: Contract, *, checked: bool) -> None:
        self._checked = checked
        self._inside: dict[tuple[str, ...], list[Field]] = {}
        for field in contract.fields:
            self._inside.setdefault(field.path[:-1], []).append(field)
        self._roles: dict[str, list[str]] = {}
        for role, paths in contract.roles.items():
            for path in paths:
                self._roles.setdefault(path, []).append(_ROLES[role])

    def below(self, path: tuple[str, ...], schema: Schema) -> tuple[FieldDoc, ...]:
        """Return the fields that stand directly in the one at ``path``, each with its own."""
        return tuple(self._field(one, part_of(schema, one.name)) for one in self._inside.get(path, ()))

    def _field(self, field: Field, schema: Schema) -> FieldDoc:
        inner = self.below(field.path, schema)
        path = ".".join(field.path)
        return FieldDoc(
            name=field.name,
            path=path,
            title=field.title,
            type=type_of(field, inner[0].type if inner else ""),
            required=field.required,
            personal=field.personal,
            classification=field.classification,
            meaning=field.description,
            constraints=constraints_of(field, schema),
            roles=tuple(self._roles.get(path, ())),
            example=self._example(field, inner, schema),
            fields=inner,
        )

    def _example(self, field: Field, inner: tuple[FieldDoc, ...], schema: Schema) -> Any:
        if inner and field.kind == "array":
            return items_of(inner, schema)
        return record_of(inner, schema) if inner else value_of(field, schema, checked=self._checked)


def part_of(schema: Schema, name: str) -> Schema:
    """Return the schema of what stands in an object or array under this name of a field's path."""
    if name == "-":
        part = schema.get("items", {})
    elif name == "*":
        part = schema.get("additionalProperties", {})
    else:
        part = schema.get("properties", {}).get(name, {})
    return part if isinstance(part, dict) else {}
