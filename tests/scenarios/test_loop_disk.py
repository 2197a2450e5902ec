"""The power goes on a real file system: what was acknowledged is on a copy of its disk at that moment.

The store lies on an ext4 of its own in a file, where this machine allows to mount one. A copy of that file
while the writer stands still is what the disk held: what the kernel had not written yet is not in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from tests.sqlite_engine import SqliteEngine

from trunkline.kernel.errors import StoreError
from trunkline.testkit.eventlog import read_all

CUTS = 40 if os.environ.get("TRUNKLINE_FAULTS") == "all" else 3
CONTROL_CUTS = 2
IMAGE_BYTES = 64 * 1_048_576

CHILD = """
import asyncio, sys
from pathlib import Path
from trunkline.adapters.sqlite import store
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.eventlog.seal import Sealer
from trunkline.kernel.clock import SystemClock
from trunkline.testkit.eventlog import STREAM, event

async def main(path, synchronous):
    store._PRAGMAS = tuple(one.replace("synchronous = FULL", synchronous) for one in store._PRAGMAS)
    log = await SqliteLog.open(store.Store(path), Sealer(bytes(range(32))), SystemClock())
    for number in range(1_000_000):
        [placed] = await log.append(STREAM, [event(number)])
        print(number, placed.offset, flush=True)
        await asyncio.sleep(0.005)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def unmount(folder, run=run):
    """Take a file system away; one that is still in use as soon as it is not, so that none stays behind."""
    done = run("umount", str(folder))
    if done.returncode:
        done = run("umount", "--lazy", str(folder))
    assert done.returncode == 0, done.stderr


# A disk that is still in use is taken away once it is not, and one that cannot be is told.
def test_unmount():
    tried = []

    def refuses(first, last):
        def run(*command):
            tried.append(command)
            return subprocess.CompletedProcess(command, last if "--lazy" in command else first, "", "busy")

        return run

    unmount("disk", refuses(0, 1))
    unmount("disk", refuses(32, 0))
    with pytest.raises(AssertionError, match="busy"):
        unmount("disk", refuses(32, 32))
    assert tried == [("umount", "disk")] + [("umount", "disk"), ("umount", "--lazy", "disk")] * 2


@contextlib.contextmanager
def mounted(image, folder):
    """Mount the file system of an image while the block runs."""
    folder.mkdir(exist_ok=True)
    done = run("mount", "-o", "loop", str(image), str(folder))
    assert done.returncode == 0, done.stderr
    try:
        yield folder
    finally:
        unmount(folder)


@pytest.fixture
def image(tmp_path):
    """Give an empty ext4 in a file."""
    image = tmp_path / "image"
    if not all(map(shutil.which, ("mkfs.ext4", "mount", "umount"))):
        pytest.skip("no mkfs.ext4 and mount here")
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    done = run("mkfs.ext4", "-q", "-F", str(image))
    assert done.returncode == 0, done.stderr
    try:
        with mounted(image, tmp_path / "disk"):
            return image
    except AssertionError as refused:
        pytest.skip(f"no file can be mounted as a disk here: {refused}")


def copied(image, copy):
    """Copy an image; again where the kernel wrote to it meanwhile."""
    before = b""
    while (after := hashlib.blake2b(shutil.copyfile(image, copy).read_bytes()).digest()) != before:
        before = after


def cut(image, tmp_path, synchronous, acknowledgements):
    """Write on the disk in ``image`` until so much is acknowledged; return that, and copy the disk."""
    with mounted(image, tmp_path / "disk") as disk:
        command = [sys.executable, "-c", CHILD, str(disk / "trunkline.db"), synchronous]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            told = [child.stdout.readline().split() for _ in range(acknowledgements)]
            child.send_signal(signal.SIGSTOP)
            copied(image, tmp_path / "copy")
            child.kill()
    return {int(offset): f"id-{number.decode()}" for number, offset in told}


async def lost(tmp_path, told):
    """Return what was acknowledged and is not on the copy, and what of it is damaged."""
    with mounted(tmp_path / "copy", tmp_path / "after") as disk:
        engine = SqliteEngine(disk)
        try:
            log = await engine.open()
            stored = {offset: one.id for offset, one in await read_all(log)}
            damaged = [verdict.fault async for verdict in log.verify() if verdict.fault]
        except StoreError as error:
            return [*told.values(), str(error)]
        finally:
            await engine.close()
    return [*(one for offset, one in told.items() if stored.get(offset) != one), *damaged]


@pytest.mark.timeout(600)
async def test_what_was_acknowledged_is_on_a_real_disk(tmp_path, image):
    """At most 200 events a second, an event a commit: whatever moment the power goes, nothing is lost."""
    chance = random.Random(20_260_304)
    for number in range(CUTS):
        fresh = shutil.copyfile(image, tmp_path / "fresh")
        told = await asyncio.to_thread(cut, fresh, tmp_path, "synchronous = FULL", chance.randint(1, 60))
        assert await lost(tmp_path, told) == [], f"cut {number}"


@pytest.mark.timeout(600)
async def test_without_syncs_a_real_disk_loses_events(tmp_path, image):
    """The control: the same with syncs switched off loses what was acknowledged."""
    losses = []
    for _ in range(CONTROL_CUTS):
        fresh = shutil.copyfile(image, tmp_path / "fresh")
        told = await asyncio.to_thread(cut, fresh, tmp_path, "synchronous = OFF", 30)
        losses.append(len(await lost(tmp_path, told)))
    assert any(losses)
