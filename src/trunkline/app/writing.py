"""Writes a project folder from package data, with a new key and secrets that only their owner can read.

``trunkline init`` and the demo each bring their own files, and the secrets that these refer to.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from trunkline.adapters.keyfile.key import make_key
from trunkline.adapters.keyfile.private import write_private

KEY_FILE = "state/trunkline.key"
SECRETS_FILE = "state/secrets.yaml"

_RENAMED = {"gitignore": ".gitignore", "orders.py.tmpl": "orders.py"}
"""Files that package data could not have under their own names."""


def texts_of(data: Traversable, **values: str) -> dict[str, str]:
    """Return the files below ``data`` by their paths; ``$name`` in them is filled in, and ``$$`` is ``$``."""
    return {path: Template(text).substitute(values) for path, text in _texts(data, "")}


def _texts(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + _RENAMED.get(entry.name, entry.name), entry.read_text("utf-8")


def write_project(folder: Path, texts: dict[str, str], secrets: bytes) -> None:
    """Write the files, a new key and the secrets file.

    Raises ``OSError`` where one cannot be written, ``FileExistsError`` where there is a key or a secret.
    """
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (folder / "state").mkdir(mode=0o700, exist_ok=True)
    make_key(folder / KEY_FILE)
    write_private(folder / SECRETS_FILE, secrets)
