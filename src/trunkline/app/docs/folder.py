"""Files into folders: exports beside whatever is there, a site in place of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.kernel import json
from trunkline.kernel.errors import TrunklineError

LIST = ".trunkline-docs.json"
"""Names the files of a site, so that the next one knows which are its own."""


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths within a folder; one that holds the same already is not touched.

    Raises ``TrunklineError`` where one cannot be written.
    """
    try:
        for path, content in files.items():
            target = folder / path
            if target.is_file() and target.read_bytes() == content:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        raise TrunklineError(f"{error.filename or folder} cannot be written: {error.strerror}") from None


def replace_site(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold a site: these files, and none that only the site before it had.

    Raises ``TrunklineError`` for a folder that holds something and no site, and where it cannot be written.
    """
    own = _own(folder)
    if own is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrunklineError(f"{folder} holds something else: name a new folder; nothing was written")
    write_files(folder, {**files, LIST: json.encode({"files": sorted(files)}) + b"\n"})
    for path in (own or set()) - set(files):
        (folder / path).unlink(missing_ok=True)


def _own(folder: Path) -> set[str] | None:
    """Return the files of the site that is there, None without one; none that is outside of the folder."""
    try:
        listed: Any = json.decode((folder / LIST).read_bytes())
        names = [str(name) for name in listed["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    root = folder.resolve()
    return {name for name in names if (folder / name).resolve().is_relative_to(root)}
