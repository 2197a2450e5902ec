"""What a version says, reduced to what tells it from another, and its name as a number.

Neither spelling nor comments count. Of a contract neither does its ``version``, which names what it says,
nor its ``status``, which the registry keeps by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.contracts.contract import Contract, load_all
from trunkline.contracts.registry.port import Registry
from trunkline.contracts.registry.rules import Candidate, Shape
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import Kind, Reference, Version
from trunkline.kernel.errors import TrunklineError

_BITS = 31
_APART = {"version", "status"}
_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
_ABOUT = {"$schema", "title"}


def digest_of(kind: Kind, said: Any, references: Sequence[Reference] = ()) -> str:
    """Return the SHA-256 of what a version says, in hexadecimal; ``said`` is its text, decoded."""
    parts = [kind.encode(), _canonical(said), _canonical(references)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def contract_digest(contract: Contract) -> str:
    """Return the digest of what a contract says."""
    said = {key: value for key, value in contract.origin.value.items() if key not in _APART}
    return digest_of("odcs", said)


async def content_id(registry: Registry, digest: str) -> int:
    """Return the id of a content: 31 bits of its digest, or the next number that no other content has."""
    number = int(digest[:8], 16) >> (32 - _BITS)
    while not number or any(one.content.digest != digest for one in await registry.holding(number)):
        number = (number + 1) % 2**_BITS
    return number


def candidate_of(contract: Contract) -> Candidate:
    """Return a contract as what may become a version."""
    shape, promise = shape_of_contract(contract), contract.promise
    return Candidate(semver(contract.version), contract_digest(contract), shape, promise.mode, promise.policy)


def shape_of_contract(contract: Contract) -> Shape:
    """Return what of a contract the compatibility of its versions is about."""
    schema = {key: value for key, value in contract.schema.items() if key not in _ABOUT}
    return Shape(schema, contract.roles, contract.formats)


def shape_of_version(version: Version) -> Shape:
    """Return the same of a registered version, made of its text."""
    return shape_of_contract(contract_of_version(version))


def contract_of_version(version: Version) -> Contract:
    """Load a registered version; raises ``ProjectError`` where this release does not read its text.

    Raises ``TrunklineError`` for a bare schema.
    """
    if version.content.kind != "odcs":
        raise TrunklineError(f"{version.ref} is a bare schema ({version.content.kind}) and no contract")
    return contract_in(version.content.text, version.subject, version.ref)


def contract_in(text: str, subject: str, ref: str) -> Contract:
    """Return the contract of a subject in the text that was registered as ``ref``."""
    for contract in load_all(text, f"registered {ref}"):
        if contract.name == subject:
            return contract
    raise TrunklineError(f"the text of {ref} describes another contract: its journal was altered")
