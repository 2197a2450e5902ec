"""The options every command has, and how it finds its project."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Parameter

from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

if TYPE_CHECKING:
    from trunkline.app.acts import Act
    from trunkline.app.backbone import Backbone, Machine
    from trunkline.app.project import Project

T = TypeVar("T")

MAIN_FILE = "trunkline.yaml"


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Common:
    """What every command takes."""

    project: Annotated[Path | None, Parameter(name=["--project", "-p"])] = None
    """The project folder; without it this folder, or the nearest above it that has a trunkline.yaml."""

    json: Annotated[bool, Parameter(name="--json", show_default=False)] = False
    """Print JSON for programs: one document, or one a line where results stream."""

    @property
    def folder(self) -> Path:
        """The project folder; raises ``ProjectError`` where none is found."""
        return find_project(self.project)

    @property
    def folder_if_any(self) -> Path | None:
        """The project folder; None where there is none and none was named."""
        try:
            return self.folder
        except ProjectError:
            if self.project is not None:
                raise
            return None


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


def reading(common: Common, use_case: Callable[[Backbone], Awaitable[T]]) -> T:
    """Run a use-case on the project, opened for reading: it works beside the running process."""
    import asyncio  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.backbone import opened  # noqa: PLC0415  as above

    async def read() -> T:
        project, machine = loaded(common)
        async with opened(project, machine, roles=()) as backbone:
            return await use_case(backbone)

    return asyncio.run(read())


def acting(common: Common, act: Act) -> Any:
    """Have an act done, by the running process where there is one."""
    import asyncio  # noqa: PLC0415  as above

    from trunkline.app.acts import submit  # noqa: PLC0415  as above

    project, machine = loaded(common)
    return asyncio.run(submit(project, machine, act))


def loaded(common: Common) -> tuple[Project, Machine]:
    """Return the project, checked, and this machine."""
    from trunkline.app.backbone import this_machine  # noqa: PLC0415  as above
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    return Project.load(common.folder), this_machine(os.environ)
