"""One process holds a project's store for writing; a second one is told so instead of waiting.

The lock is the operating system's own (``flock``) on a file beside the store: it ends with the process,
however that ends, so there is never a stale one to clean up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from trunkline.kernel.errors import StoreError


class StoreBusy(StoreError):
    """Another process holds the store; stop it first, or ask it to do the work."""


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs; raises ``StoreBusy``, naming the process that holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        process = f" (process {holder})" if holder else ""
        raise StoreBusy(
            f"the store is in use by another trunkline{process}: {path.with_suffix('')}; stop it first"
        ) from None
    except OSError as error:
        raise StoreError(f"{path} cannot be locked: {error.strerror}") from None
