"""What the start of a process changed: it is in the audit, with the version and the files that differ.

``note_start`` is called by ``app.run`` once a process may run. What it began with is kept beside the store, a
small file for each role, so that the next start knows what it is to be held against.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from trunkline.app.act import SHOWN_ITEMS
from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.kernel import json
from trunkline.kernel.release import RELEASE
from trunkline.observe.audit import Begun, Ended

STARTED = "start"
"""What a start is called in the audit."""
PROCESS = "trunkline"
"""By whom it is: by nobody who could be asked."""

_READ = ("*.yaml", "systems/**/*", "contracts/**/*", "flows/**/*")


class Start(msgspec.Struct, frozen=True):
    """With what a process started: its version, and a digest of each file of the project."""

    version: str
    files: dict[str, str]

    @property
    def name(self) -> str:
        """The version and one digest of all files, short, for people."""
        return f"{self.version} {_digest(json.encode(sorted(self.files.items())))[:12]}"


async def note_start(backbone: Backbone) -> None:
    """Write down that a process starts, and what differs from the start before; raises ``StoreError``."""
    kept = backbone.project.state / f"started-{'-'.join(sorted(backbone.roles))}.json"
    now = await asyncio.to_thread(_start, backbone.project)
    before = await asyncio.to_thread(_kept, kept)
    about = json.encode({"roles": sorted(backbone.roles)}).decode()
    begun = Begun(backbone.machine.clock.now(), PROCESS, STARTED, about, difference(before, now))
    number = await backbone.audit.begin(begun)
    await backbone.audit.end(number, Ended("done", before.name if before else "", now.name, 1))
    await asyncio.to_thread(_keep, kept, json.encode(now))


def difference(before: Start | None, now: Start) -> str:
    """Tell in words what differs between two starts; empty where nothing does."""
    if before is None:
        return f"first start, version {now.version}"
    told = [f"version {before.version} became {now.version}"] if before.version != now.version else []
    if files := _changed(before.files, now.files):
        rest = len(files) - SHOWN_ITEMS
        more = f" and {rest} more" if rest > 0 else ""
        told.append(f"project changed: {', '.join(files[:SHOWN_ITEMS])}{more}")
    return "; ".join(told)


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _start(project: Project) -> Start:
    paths = {path for pattern in _READ for path in project.folder.glob(pattern) if path.is_file()}
    read = sorted(path for path in paths if "__pycache__" not in path.parts)
    return Start(
        RELEASE, {str(path.relative_to(project.folder)): _digest(path.read_bytes()) for path in read}
    )


def _kept(path: Path) -> Start | None:
    """Return the start before; one that cannot be read counts as none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Start)
    except (OSError, msgspec.DecodeError):
        return None


def _keep(path: Path, content: bytes) -> None:
    """Put it there as a whole: a start that is cut off here is told of once more."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
