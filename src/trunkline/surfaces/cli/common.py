"""The options every command has, and how it finds its project."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

MAIN_FILE = "trunkline.yaml"


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Common:
    """What every command takes."""

    project: Annotated[Path | None, Parameter(name=["--project", "-p"])] = None
    """The project folder; without it this folder, or the nearest above it that has a trunkline.yaml."""

    json: Annotated[bool, Parameter(name="--json", negative="")] = False
    """Print JSON for programs: one document, or one a line where results stream."""

    @property
    def folder(self) -> Path:
        """The project folder; raises ``ProjectError`` where none is found."""
        return find_project(self.project)


def find_project(given: Path | None) -> Path:
    """Return the folder that holds ``trunkline.yaml``: the one given, or upwards from here."""
    start = (given or Path()).absolute()
    for folder in [start] if given else [start, *start.parents]:
        if (folder / MAIN_FILE).is_file():
            return folder
    raise ProjectError(
        [
            Fault(
                Place(str(start / MAIN_FILE)),
                "there is no project here",
                "a project folder",
                'name one with --project, or make one with "trunkline init"',
            )
        ]
    )
