"""The use-case behind ``trunkline contract diff``: two versions compared, files or registered ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from trunkline.app.versions import registry_of
from trunkline.contracts.compat import modes
from trunkline.contracts.compat.difference import Change, Effect, Mode, Policy
from trunkline.contracts.compat.documents import Loaded, compared, load_schema, of_contract
from trunkline.contracts.registry.acts import find
from trunkline.contracts.registry.content import contract_of_version
from trunkline.contracts.schemas.reading import read_schema, schema_of
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.kernel.clock import SystemClock


class Comparison(msgspec.Struct, frozen=True):
    """Two versions by their names, every change between them, and what that comes to by the mode."""

    old: str
    new: str
    mode: Mode
    policy: Policy
    effect: Effect
    changes: tuple[Change, ...]


def comparison(folder: Path | None, old: str, new: str, mode: Mode, policy: Policy) -> Comparison:
    """Compare two versions; each is a file, or ``name@version`` in the registry of the project.

    ``folder`` is the project's, None where there is none: then both have to be files. Raises ``ProjectError``
    for a file that cannot be read or compared, ``UsageError`` for a version that is not there.
    """
    return judged(_loaded(folder, old), _loaded(folder, new), mode, policy)


def judged(before: Loaded, after: Loaded, mode: Mode, policy: Policy) -> Comparison:
    """Compare two versions that were read; raises ``ProjectError`` naming the one that cannot be."""
    found = compared(before, after, policy)
    return Comparison(before.name, after.name, mode, policy, modes.effect(mode, [found]), found.changes)


async def registered(folder: Path, ref: str) -> Loaded:
    """Return ``name@version`` of a project's registry, the latest of ``name``; raises ``NotRegistered``."""
    registry = registry_of(folder)
    _, version = await find(registry, ref)
    if version.content.kind == "odcs":
        return of_contract(contract_of_version(version))
    schema = schema_of(version)
    texts = await Subjects(registry, SystemClock()).texts(schema.references)
    return Loaded(version.ref, read_schema(schema.kind, schema.text, texts))


def _loaded(folder: Path | None, word: str) -> Loaded:
    if folder is None or "@" not in word or Path(word).exists():
        return load_schema(Path(word))
    return asyncio.run(registered(folder, word))
