"""What a contract says, reduced to what tells two versions apart, and its name as a number.

Neither spelling nor comments of a file count, nor its ``version``, which names what it says, nor its
``status``, which the registry keeps by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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


def digest_of(kind: Kind, canonical: bytes, references: Sequence[Reference] = ()) -> str:
    """Return the SHA-256 of what a version says, in hexadecimal."""
    return hashlib.sha256(b"\0".join([kind.encode(), canonical, _canonical(references)])).hexdigest()


def contract_digest(contract: Contract) -> str:
    """Return the digest of what a contract says."""
    said = {key: value for key, value in contract.origin.value.items() if key not in _APART}
    return digest_of("odcs", _canonical(said))


async def content_id(registry: Registry, digest: str) -> int:
    """Return the id of a content: 31 bits of its digest, or the next number that no other content has."""
    number = int(digest[:8], 16) >> (32 - _BITS)
    while any(one.content.digest != digest for one in await registry.holding(number)):
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
    """Load a registered version; raises ``ProjectError`` where this release does not read its text."""
    for contract in load_all(version.content.text, f"registered {version.ref}"):
        if contract.name == version.subject:
            return contract
    raise TrunklineError(f"the text of {version.ref} describes another contract: its journal was altered")
