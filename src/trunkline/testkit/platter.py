"""What a disk could look like after its power went: everything synced, and of the rest whatever it likes.

``disk.FaultyDisk`` writes down the steps; ``survivors`` plays them to a moment and lets chance decide, as a
write cache would, about what was not synced by then. No effects.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

SECTOR_BYTES = 512
"""What a disk writes whole or not at all."""


class Made(msgspec.Struct, frozen=True):
    """A file was made; ``inode`` is its number, as a name may be used again."""

    inode: int
    name: str


class Removed(msgspec.Struct, frozen=True):
    """A name was removed from the folder."""

    name: str


class Written(msgspec.Struct, frozen=True):
    """Bytes were written at ``offset``."""

    inode: int
    offset: int
    data: bytes


class Cut(msgspec.Struct, frozen=True):
    """A file was cut or stretched to ``size`` bytes."""

    inode: int
    size: int


class Synced(msgspec.Struct, frozen=True):
    """Everything written to a file before is durable; where not ``whole``, it failed, and any part may be."""

    inode: int
    whole: bool = True


class FolderSynced(msgspec.Struct, frozen=True):
    """The names of the folder are durable."""


class Mark(msgspec.Struct, frozen=True):
    """What a test knew at that moment, such as an answer it had got."""

    value: Any


Step: TypeAlias = Made | Removed | Written | Cut | Synced | FolderSynced | Mark


def survivors(
    history: Sequence[Step], chance: random.Random, lies_from: int | None = None
) -> dict[str, bytes]:
    """Return the files, by name, of a disk that lost its power after ``history``.

    What was synced is there. Of the rest of each file ``chance`` decides: nothing, all, or any part of it by
    sectors, and of the folder's names in the same way.
    """
    platter = _Platter(chance)
    for index, step in enumerate(history):
        lies = lies_from is not None and index >= lies_from
        if not (lies and isinstance(step, (Synced, FolderSynced))):
            platter.take(step)
    return platter.after_the_cut()


class _Platter:
    """What is durable of each file and of the names, and what only may be."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._files: dict[int, bytearray] = {}
        self._loose: dict[int, list[Written | Cut]] = {}
        self._names: dict[str, int] = {}
        self._loose_names: list[Made | Removed] = []

    def take(self, step: Step) -> None:
        match step:
            case Made():
                self._files[step.inode], self._loose[step.inode] = bytearray(), []
                self._loose_names.append(step)
            case Removed():
                self._loose_names.append(step)
            case Written() | Cut():
                self._loose[step.inode].append(step)
            case Synced():
                self._settle(step.inode, all_of_it=step.whole)
            case FolderSynced():
                self._settle_names(all_of_them=True)

    def after_the_cut(self) -> dict[str, bytes]:
        for inode in self._files:
            self._settle(inode, all_of_it=False)
        self._settle_names(all_of_them=False)
        return {name: bytes(self._files[inode]) for name, inode in self._names.items()}

    def _settle(self, inode: int, *, all_of_it: bool) -> None:
        share = 1.0 if all_of_it else self._share()
        content = self._files[inode]
        for step in self._loose[inode]:
            if isinstance(step, Cut):
                if self._kept(share):
                    _resize(content, step.size)
            else:
                self._write(content, step, share)
        self._loose[inode] = []

    def _write(self, content: bytearray, step: Written, share: float) -> None:
        at, end = step.offset, step.offset + len(step.data)
        while at < end:
            border = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES) if share < 1.0 else end
            if self._kept(share):
                if len(content) < border:
                    _resize(content, border)
                content[at:border] = step.data[at - step.offset : border - step.offset]
            at = border

    def _settle_names(self, *, all_of_them: bool) -> None:
        share = 1.0 if all_of_them else self._share()
        for step in self._loose_names:
            if not self._kept(share):
                continue
            if isinstance(step, Made):
                self._names[step.name] = step.inode
            else:
                self._names.pop(step.name, None)
        self._loose_names = []

    def _share(self) -> float:
        """Draw how much of what is not synced came to the disk: a third of the time nothing, or all."""
        return self._chance.choice((0.0, 1.0, self._chance.random()))

    def _kept(self, share: float) -> bool:
        return share >= 1.0 or self._chance.random() < share


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))
