"""The watched folder on the disk: what lies in it, what has settled, and where a file goes when it is read.

All functions that touch the disk block and are called in a thread; what is due is decided from values.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from trunkline.adapters.files.content import Stamp
from trunkline.adapters.files.reading import printable
from trunkline.adapters.files.settings import FileSettings
from trunkline.kernel.json import encode


class Found(msgspec.Struct, frozen=True):
    """A regular file that lies directly in the folder."""

    name: str
    stamp: Stamp


class Folder:
    """The folder of one source."""

    def __init__(self, path: Path, settings: FileSettings) -> None:
        self.path = path
        self._settings = settings

    def prepare(self) -> None:
        """Make the folder and the two that files go to, where they are missing; raises ``OSError``."""
        for folder in (self._settings.done, self._settings.failed):
            (self.path / folder).mkdir(parents=True, exist_ok=True)

    def look(self) -> list[Found]:
        """Return the files whose names are to be taken, oldest change first, then by name.

        Links, folders, pipes and devices are none of them. Raises ``OSError`` where the folder is away.
        """
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if self._wanted(entry.name) and entry.is_file(follow_symlinks=False):
                        found.append(Found(entry.name, Stamp.of(os.lstat(entry.path))))
        return sorted(found, key=lambda file: (file.stamp.mtime_ns, file.name))

    def _wanted(self, name: str) -> bool:
        settings = self._settings
        return fnmatch.fnmatchcase(name, settings.pattern) and not any(
            fnmatch.fnmatchcase(name, pattern) for pattern in settings.ignore
        )

    def finish(self, file: Found, refusals: Sequence[dict[str, object]]) -> str:
        """Move a file whose last row is durable to ``done``; return where it is, relative to the folder.

        Refused rows are listed beside it, by place and reason. A file that was exchanged for another in
        the meantime stays: it is a new one. Raises ``OSError``.
        """
        return self._move(file, self._settings.done, ".faults.jsonl", b"".join(map(_line, refusals)))

    def fail(self, file: Found, reason: str) -> str:
        """Move a file that cannot be read to ``failed``, with the reason beside it. Raises ``OSError``."""
        text = f"{printable(file.name)} was not read: {reason}\n"
        return self._move(file, self._settings.failed, ".reason.txt", text.encode())

    def _move(self, file: Found, folder: str, suffix: str, note: bytes) -> str:
        source = self.path / file.name
        if Stamp.of(os.lstat(source)) != file.stamp:
            raise FileNotFoundError("the file was exchanged for another one")
        (self.path / folder).mkdir(exist_ok=True)
        target = _free(self.path / folder, file.name, suffix)
        if note:
            target.with_name(target.name + suffix).write_bytes(note)
        source.rename(target)
        _sync(target.parent)
        _sync(self.path)
        return f"{folder}/{target.name}"


def _line(refusal: dict[str, object]) -> bytes:
    return encode(refusal) + b"\n"


def _free(folder: Path, name: str, suffix: str) -> Path:
    """Return a path for ``name`` that nothing has yet: ``till.csv``, then ``till-2.csv``, ``till-3.csv``."""
    head, dot, tail = name.partition(".")
    number, target = 1, folder / name
    while os.path.lexists(target) or os.path.lexists(target.with_name(target.name + suffix)):
        number += 1
        target = folder / f"{head}-{number}{dot}{tail}"
    return target


def _sync(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Waiting:
    """What is known of the files that lie in the folder; ``now`` is in seconds on a monotonic clock."""

    def __init__(self, settled_seconds: float) -> None:
        self._settled_seconds = settled_seconds
        self._due_at: dict[str, tuple[Stamp, float]] = {}
        self._taken: dict[str, Stamp] = {}

    def due(self, found: Iterable[Found], now: float) -> list[Found]:
        """Return which of ``found``, all that lies there, have not changed for long enough."""
        present = {file.name: file for file in found}
        self._due_at = {name: seen for name, seen in self._due_at.items() if name in present}
        self._taken = {name: stamp for name, stamp in self._taken.items() if name in present}
        return [file for file in present.values() if self._is_due(file, now)]

    def _is_due(self, file: Found, now: float) -> bool:
        if self._taken.get(file.name) == file.stamp:
            return False
        stamp, due_at = self._due_at.get(file.name, (None, 0.0))
        if stamp != file.stamp:
            due_at = now + self._settled_seconds
            self._due_at[file.name] = (file.stamp, due_at)
        return due_at <= now

    def next_due(self) -> float | None:
        """Return when the first of the files that are not due yet will be, if it does not change."""
        waiting = (due for name, (stamp, due) in self._due_at.items() if self._taken.get(name) != stamp)
        return min(waiting, default=None)

    def take(self, file: Found) -> None:
        """Leave this file out until it changes, goes away or is put back."""
        self._taken[file.name] = file.stamp

    def put_back(self, file: Found, due_at: float) -> None:
        """Let a file be due again at ``due_at``."""
        self._taken.pop(file.name, None)
        self._due_at[file.name] = (file.stamp, due_at)

    def forget(self) -> None:
        """Know nothing: every file that lies there will be read again."""
        self._due_at.clear()
        self._taken.clear()
