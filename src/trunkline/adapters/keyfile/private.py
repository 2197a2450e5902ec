"""Files that only their owner may read: secrets, the log's key, the control token.

The permission is checked on the open file, so it cannot be swapped between the check and the read.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class NotPrivate(Exception):
    """A file that others could read or that is not ours; the message says the command that mends it."""


def read_private(path: Path) -> bytes:
    """Return what the file holds.

    Raises ``FileNotFoundError`` where there is none, ``NotPrivate`` where others may read it or own it.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid():
            raise NotPrivate(f"{path} belongs to another user; run: sudo chown $(id -un) {path}")
        if status.st_mode & _OTHERS:
            raise NotPrivate(f"{path} can be read by others; run: chmod 600 {path}")
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Make a new file with mode 0600 and put ``content`` in it, durably.

    Raises ``FileExistsError`` where there is one already: a key is never overwritten.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path)


def replace_private(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of what the file holds, durably and whole: never a part of it is there."""
    beside = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    write_private(beside, content)
    beside.replace(path)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    """Make a file's name durable, which it is with its folder's sync only."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
