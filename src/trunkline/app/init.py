"""Writes a new project: a small one that works, with the key of its log and a webhook's secret.

The files are package data under ``templates/``, the same ones the documentation shows.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import msgspec

from trunkline.adapters.keyfile.key import make_key
from trunkline.adapters.keyfile.private import write_private
from trunkline.kernel.errors import TrunklineError

KEY_FILE = "state/trunkline.key"
SECRETS_FILE = "state/secrets.yaml"

_RENAMED = {"gitignore": ".gitignore", "orders.py.tmpl": "orders.py"}
_SECRETS = """\
# system: {{name: value}}. Keep this file to yourself: mode 0600, never under version control.
shop:
  webhook: "{token}"
"""


class Written(msgspec.Struct, frozen=True):
    """A new project: its folder, its name, and every file that was written, state included."""

    folder: Path
    project: str
    files: list[str]


def init(folder: Path) -> Written:
    """Write a new project into ``folder``; raises ``TrunklineError`` where a file of it is there already."""
    name = _project_name(folder)
    texts = {path: Template(text).substitute(project=name) for path, text in _templates()}
    files = [*texts, KEY_FILE, SECRETS_FILE]
    there = [file for file in files if (folder / file).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise TrunklineError(
            f"{folder} holds {there[0]}{more} already: choose another folder; nothing was written"
        )
    try:
        _write(folder, texts)
    except OSError as error:
        raise TrunklineError(f"{error.filename} cannot be written: {error.strerror}") from None
    return Written(folder, name, sorted(files))


def _write(folder: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (folder / "state").mkdir(mode=0o700, exist_ok=True)
    make_key(folder / KEY_FILE)
    write_private(folder / SECRETS_FILE, _SECRETS.format(token=secrets.token_hex(24)).encode())


def _templates() -> Iterator[tuple[str, str]]:
    yield from _texts(resources.files(__package__) / "templates", "")


def _texts(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + _RENAMED.get(entry.name, entry.name), entry.read_text("utf-8")


def _project_name(folder: Path) -> str:
    """Return a name for the project: the folder's, as far as a name may look like it."""
    return re.sub(r"[^a-z0-9_-]+", "-", folder.absolute().name.lower()).strip("-_")[:64] or "project"
