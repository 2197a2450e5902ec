"""``Registry`` on journals in a folder, one file a subject.

A file has its subject's name, with all but letters, digits and ``_.-~`` percent-encoded. No name comes to
one with an ``@``: the journal of ``EVERY`` has it, and those whose subject's name is too long for a file.

An act is written and synced under the file's lock before it is told as done. What a crash in the middle left
of a line is cut by the next act. Files are opened for each act, so a checkout may exchange them at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from trunkline.adapters.journal.lines import Journal, journal_of, line_of, refuse, subject_of_line
from trunkline.contracts.registry.port import Overtaken
from trunkline.contracts.registry.version import EVERY, Entry, Subject, Version, subject_of
from trunkline.kernel.errors import StoreError, StoreFull
from trunkline.kernel.faults import Place

ENDING = ".jsonl"
SETTINGS = "@settings"
"""The stem of the journal of ``EVERY``."""

_STEM_BYTES = 200
_SHOWN_BYTES = 150


class JournalRegistry:
    """The journals of a folder, ``registry/`` of a project; it is made by the first act."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def subjects(self) -> list[str]:
        """Return the names of all subjects."""
        return await asyncio.to_thread(self.names)

    async def subject(self, name: str) -> Subject:
        """Return how a subject stands."""
        return await asyncio.to_thread(self.read, name)

    async def history(self, name: str) -> Sequence[Entry]:
        """Return every act on a subject."""
        return (await asyncio.to_thread(self._journal, name)).entries

    async def append(self, name: str, entry: Entry) -> Subject:
        """Keep an act."""
        return await asyncio.to_thread(self._append, name, entry)

    async def holding(self, content_id: int) -> list[Version]:
        """Return every version whose content has that id; only journals that name it are read."""
        return await asyncio.to_thread(self._holding, content_id)

    def names(self) -> list[str]:
        """Return the names of all subjects, for who has no event loop."""
        with _translated(self._folder):
            files = [path for path in self._folder.glob(f"*{ENDING}") if path.stat().st_size]
            return sorted(filter(None, map(self._name_of, files)))

    def read(self, name: str) -> Subject:
        """Return how a subject stands, for who has no event loop."""
        return self._folded(name, self._journal(name))

    def file(self, name: str) -> Path:
        """Return where the journal of a subject is."""
        return self._folder / (_stem_of(name) + ENDING)

    def _name_of(self, path: Path) -> str:
        """Return whose journal a file is; nothing where it is that of no subject."""
        stem = path.name.removesuffix(ENDING)
        if "@" not in stem:
            return unquote(stem)
        if stem == SETTINGS:
            return EVERY
        with path.open("rb") as file:
            line = file.readline()
        name = subject_of_line(line)
        if line.endswith(b"\n") and self.file(name) != path:
            refuse(Place(self._shown(path), 1, 1), "the line is not of the subject that the file is named by")
        return name

    def _journal(self, name: str) -> Journal:
        path = self.file(name)
        with _translated(path):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                data = b""
        return journal_of(data, name, self._shown(path))

    def _folded(self, name: str, journal: Journal) -> Subject:
        try:
            return subject_of(name, journal.entries)
        except ValueError as error:
            refuse(Place(self._shown(self.file(name))), f"its acts do not follow each other: {error}")

    def _shown(self, path: Path) -> str:
        return f"{self._folder.name}/{path.name}"

    def _append(self, name: str, entry: Entry) -> Subject:
        path = self.file(name)
        with _translated(path):
            self._folder.mkdir(exist_ok=True)
            with _locked(path) as file:
                journal = journal_of(_whole(file), name, self._shown(path))
                subject = self._folded(name, journal)
                if entry.number != subject.acts + 1:
                    raise Overtaken(f"somebody else changed {name} just now: try again")
                after = subject.after(entry)
                end = b"\n" if journal.needs_end else b""
                _extend(file, journal.whole_bytes, end + line_of(name, entry, journal.head))
                _sync(self._folder)
                _sync(self._folder.parent)
                return after

    def _holding(self, content_id: int) -> list[Version]:
        mark = f'"id":{content_id},'.encode()
        found = []
        for name in self.names():
            with _translated(self.file(name)):
                data = self.file(name).read_bytes()
            if mark in data:
                found += [one for one in self.read(name).versions if one.content.id == content_id]
        return found


def _stem_of(name: str) -> str:
    stem = quote(name, safe=" ") if name != EVERY else SETTINGS
    if len(stem) <= _STEM_BYTES:
        return stem
    return f"{stem[:_SHOWN_BYTES]}@{hashlib.sha256(name.encode()).hexdigest()[:32]}"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a journal and hold its lock; again where a checkout put another file in its place meanwhile."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _whole(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as reader:
        return reader.read()


def _extend(file: int, start: int, data: bytes) -> None:
    """Cut a journal at ``start`` and write on from there, durably; where that fails, nothing is added."""
    try:
        os.ftruncate(file, start)
        os.lseek(file, start, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(file, start)
        raise


def _sync(folder: Path) -> None:
    """Make the names in a folder durable: a new file's is with its folder's sync only."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
        raise kind(f"{error.filename or path}: {error.strerror}") from None
