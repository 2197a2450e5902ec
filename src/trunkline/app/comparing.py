"""The use-case behind ``trunkline contract diff``: two versions, files or registered ones, compared."""

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
    before, after = _loaded(folder, old), _loaded(folder, new)
    found = compared(before, after, policy)
    return Comparison(before.name, after.name, mode, policy, modes.effect(mode, [found]), found.changes)


def _loaded(folder: Path | None, word: str) -> Loaded:
    if folder is None or "@" not in word or Path(word).exists():
        return load_schema(Path(word))
    _, version = asyncio.run(find(registry_of(folder), word))
    return of_contract(contract_of_version(version))
