"""``trunkline docs``: a project's contracts as pages and as files for other tools."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.project import Project

SITE = Path("site")


def build_(*, out: Path = SITE, date: str = "", common: Common = Common()) -> Exit:  # noqa: B008  a frozen value
    """Write the pages of a project into a folder: contracts, systems, flows, topology, personal data.

    They are plain files that any web server shows, or a browser from the folder
    itself. A folder that holds something else is not touched; what an earlier
    build wrote there and the project no longer has is removed.

    Example: trunkline docs build --out public

    Parameters
    ----------
    out
        The folder.
    date
        What to write at the foot of each page, such as a date; without it the same project gives
        the same bytes.
    """
    from trunkline.app.docs.folder import replace_site  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.docs.releases import documented  # noqa: PLC0415  as above
    from trunkline.surfaces.docs.site import Site  # noqa: PLC0415  as above

    files = Site(documented(_project(common)), date).files()
    replace_site(out, files)
    _tell(out, list(files), as_json=common.json)
    return Exit.OK


def export_(
    kind: Literal["asyncapi", "jsonschema", "markdown"],
    contract: str = "",
    /,
    *,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008  a frozen value
) -> Exit:
    """Give contracts as AsyncAPI 3, JSON Schema 2020-12 or Markdown.

    AsyncAPI is one document of the whole project, or of one contract's stream;
    JSON Schema and Markdown are a file for each contract. A single file is
    printed where no folder is named.

    Example: trunkline docs export markdown --out docs/contracts

    Parameters
    ----------
    kind
        asyncapi, jsonschema or markdown.
    contract
        One contract, such as order@1; without it all of them.
    out
        The folder to write the files into; others in it stay.
    """
    from trunkline.app.docs.export import exported  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.docs.folder import write_files  # noqa: PLC0415  as above

    files = exported(_project(common), kind, contract)
    if out is not None:
        write_files(out, files)
        _tell(out, list(files), as_json=common.json)
    elif len(files) > 1:
        raise UsageError(f"these are {len(files)} files: name one contract, or a folder with --out")
    else:
        sys.stdout.write("".join(content.decode() for content in files.values()))
    return Exit.OK


def _project(common: Common) -> Project:
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    return Project.load(common.folder)


def _tell(folder: Path, files: list[str], *, as_json: bool) -> None:
    if as_json:
        output.document({"folder": os.fspath(folder.absolute()), "files": files})
    else:
        output.say(f"Wrote {len(files)} file{'' if len(files) == 1 else 's'} into {folder}.")
