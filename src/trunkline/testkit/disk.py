"""A disk below SQLite that can lose power and fail, for tests of what keeps its word on one.

``FaultyDisk`` is an SQLite VFS over real files: everything on it works as on the machine's own disk, until
a test says otherwise. It writes down what was written, cut, synced, made and removed, so that a test can ask
afterwards what a disk could look like had the power gone at any moment, as often as it likes. And it can fail
the n-th call from now, once or from there on. It knows what SQLite tells a disk, and so no more than SQLite's
files: the shared memory beside a log (``-shm``) is no file to it, as it is not durable.

Used by the tests of the embedded store and of tables in SQLite files. One is open at a time.
"""

from __future__ import annotations

import itertools
import random
import threading
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import apsw
import msgspec

from trunkline.testkit.platter import (
    Cut,
    FolderSynced,
    Made,
    Mark,
    Removed,
    Step,
    Synced,
    Written,
    survivors,
)

_NAME = "trunkline-faulty"

Kind: TypeAlias = Literal[
    "open", "make", "read", "write", "truncate", "sync", "size", "delete", "access", "lock"
]

_CODES: dict[str, int] = {
    "open": apsw.SQLITE_CANTOPEN,
    "make": apsw.SQLITE_CANTOPEN,
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "size": apsw.SQLITE_IOERR_FSTAT,
    "delete": apsw.SQLITE_IOERR_DELETE,
    "access": apsw.SQLITE_IOERR_ACCESS,
    "lock": apsw.SQLITE_IOERR_LOCK,
}
"""What SQLite's own VFS returns where the system's call failed with EIO."""

_NEED_SPACE = frozenset({"make", "write", "sync"})
"""The calls that a full disk fails: a new file, a write, and a sync where blocks are found only then."""


class Fault(msgspec.Struct, frozen=True):
    """What goes wrong: from the ``at``-th call on (1 is the next), with what error, for how long.

    A full disk fails, and counts, only the calls that need space.
    """

    at: int
    error: Literal["EIO", "ENOSPC"] = "EIO"
    lasting: bool = False


class FaultyDisk(apsw.VFS):
    """The disk of every SQLite file in ``folder``, while its ``with`` block is open.

    ``history`` is what happened, in order. Files elsewhere are neither noted nor failed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history: list[Step] = []
        self.calls = 0
        """How many calls were counted since the last ``fail``."""
        self._fault: Fault | None = None
        self._lock = threading.Lock()
        self._inodes: dict[str, int] = {}
        self._numbers = itertools.count()
        self._undurable: set[str] = set()
        self.base = apsw.vfs_names()[0]
        super().__init__(_NAME, self.base, makedefault=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.unregister()

    def fail(self, fault: Fault) -> None:
        """Fail calls as ``fault`` says, counted from now."""
        with self._lock:
            self.calls, self._fault = 0, fault

    def mend(self) -> None:
        """Let every call work again."""
        self._fault = None

    def mark(self, value: Any) -> None:
        """Note what the test knows now: whatever ``image`` is asked for a later moment happened after it."""
        self.history.append(Mark(value))

    def marks(self, at: int) -> list[Any]:
        """Return what was marked in the first ``at`` steps."""
        return [step.value for step in self.history[:at] if isinstance(step, Mark)]

    def image(self, folder: Path, at: int, chance: random.Random, *, lies_from: int | None = None) -> None:
        """Write into ``folder`` what could be on the disk had the power gone after ``at`` steps.

        With ``lies_from`` the disk said from that step on that it had synced, and had not.
        """
        for name, content in survivors(self.history[:at], chance, lies_from).items():
            (folder / name).write_bytes(content)

    # What SQLite calls.

    def excepthook(self, *_: object) -> bool:
        """Say nothing of an error that SQLite does not pass on: a checkpoint that failed is tried again."""
        return True

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802  SQLite's name
        """Open a file, noting whether that makes it."""
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name) if name else None
        ours = path is not None and path.parent == self.folder
        makes = bool(flags[0] & apsw.SQLITE_OPEN_CREATE) and not (path and path.exists())
        self.call("make" if makes else "open", counts=ours or path is None)
        file = _File(self, name, flags)
        if path is not None and ours:
            file.inode = self._made(path.name, flags[0]) if makes else self._known(path)
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001  SQLite's name and shape
        """Remove a file."""
        path = Path(filename)
        self.call("delete", counts=path.parent == self.folder)
        super().xDelete(filename, syncdir)
        if path.parent == self.folder:
            self._inodes.pop(path.name, None)
            self.history.append(Removed(path.name))
            if syncdir:
                self.history.append(FolderSynced())

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802  SQLite's name
        """Tell whether a file is there."""
        self.call("access", counts=Path(pathname).parent == self.folder)
        return super().xAccess(pathname, flags)

    def call(self, kind: Kind, *, counts: bool) -> None:
        """Count a call, and fail it where its turn has come."""
        fault = self._fault
        if not counts or (fault and fault.error == "ENOSPC" and kind not in _NEED_SPACE):
            return
        with self._lock:
            self.calls += 1
            reached = fault is not None and (
                self.calls >= fault.at if fault.lasting else self.calls == fault.at
            )
        if fault is not None and reached:
            full = fault.error == "ENOSPC" and kind == "write"
            raise apsw.exception_for(apsw.SQLITE_FULL if full else _CODES[kind])

    def synced(self, file: _File, *, whole: bool) -> None:
        """Note a sync; the first of a new journal makes the folder's names durable too, as in SQLite."""
        if file.inode is None:
            return
        self.history.append(Synced(file.inode, whole))
        if whole and file.name in self._undurable:
            self._undurable.discard(file.name)
            self.history.append(FolderSynced())

    def _made(self, name: str, flags: int) -> int:
        self._inodes[name] = inode = next(self._numbers)
        self.history.append(Made(inode, name))
        if flags & (apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL):
            self._undurable.add(name)
        return inode

    def _known(self, path: Path) -> int:
        """Return a file's number; one that was there before the disk was opened is durable as it is."""
        if path.name not in self._inodes:
            self._inodes[path.name] = inode = next(self._numbers)
            content = path.read_bytes() if path.exists() else b""
            self.history += Made(inode, path.name), Written(inode, 0, content), Synced(inode), FolderSynced()
        return self._inodes[path.name]


class _File(apsw.VFSFile):
    """An open file of a ``FaultyDisk``; ``inode`` is None for one that is not noted."""

    inode: int | None = None

    def __init__(self, disk: FaultyDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.name = Path(path).name if path else ""
        self._counts = path is None or Path(path).parent == disk.folder
        super().__init__(disk.base, name, flags)

    def excepthook(self, *_: object) -> bool:
        """Say nothing, as the disk."""
        return True

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802  SQLite's name
        """Read."""
        self._disk.call("read", counts=self._counts)
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802  SQLite's name
        """Write."""
        self._disk.call("write", counts=self._counts)
        super().xWrite(data, offset)
        if self.inode is not None:
            self._disk.history.append(Written(self.inode, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  SQLite's name
        """Cut."""
        self._disk.call("truncate", counts=self._counts)
        super().xTruncate(newsize)
        if self.inode is not None:
            self._disk.history.append(Cut(self.inode, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802  SQLite's name
        """Sync; where that fails, any part of what was written may have come to the disk."""
        try:
            self._disk.call("sync", counts=self._counts)
        except apsw.Error:
            self._disk.synced(self, whole=False)
            raise
        super().xSync(flags)
        self._disk.synced(self, whole=True)

    def xFileSize(self) -> int:  # noqa: N802  SQLite's name
        """Return the size."""
        self._disk.call("size", counts=self._counts)
        return super().xFileSize()

    def xLock(self, level: int) -> None:  # noqa: N802  SQLite's name
        """Lock."""
        self._disk.call("lock", counts=self._counts)
        super().xLock(level)
