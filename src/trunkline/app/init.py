"""Writes a new project: a small one that works, with the key of its log and a webhook's secret.

The files are package data under ``templates/``, the same ones the documentation shows.
"""

from __future__ import annotations

import re
import secrets
from importlib import resources
from pathlib import Path

import msgspec

from trunkline.app.writing import KEY_FILE, SECRETS_FILE, texts_of, write_project
from trunkline.kernel.errors import TrunklineError

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
    texts = texts_of(resources.files(__package__) / "templates", project=name)
    files = [*texts, KEY_FILE, SECRETS_FILE]
    there = [file for file in files if (folder / file).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise TrunklineError(
            f"{folder} holds {there[0]}{more} already: choose another folder; nothing was written"
        )
    try:
        write_project(folder, texts, _SECRETS.format(token=secrets.token_hex(24)).encode())
    except OSError as error:
        raise TrunklineError(f"{error.filename} cannot be written: {error.strerror}") from None
    return Written(folder, name, sorted(files))


def _project_name(folder: Path) -> str:
    """Return a name for the project: the folder's, as far as a name may look like it."""
    return re.sub(r"[^a-z0-9_-]+", "-", folder.absolute().name.lower()).strip("-_")[:64] or "project"
