"""The options every command has, and how it finds its project."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Parameter

from trunkline.kernel.errors import ProjectError, UsageError
from trunkline.kernel.faults import Fault, Place

if TYPE_CHECKING:
    from trunkline.app.acts import Act, Hands
    from trunkline.app.backbone import Backbone, Machine
    from trunkline.app.project import Project
    from trunkline.app.questions import Question

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

    remote: Annotated[str, Parameter(name="--remote", show_default=False)] = ""
    """The address of a running instance to ask instead of a project here; TRUNKLINE_TOKEN is its token."""

    @property
    def instance(self) -> str:
        """The running instance to ask, if one is named: here, or in the environment where no project is."""
        return self.remote or ("" if self.project else os.environ.get("TRUNKLINE_REMOTE", ""))

    @property
    def folder(self) -> Path:
        """The project folder; raises ``ProjectError`` where none is found."""
        if self.remote:
            raise UsageError("this is done where the project is, and not with --remote")
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


@contextlib.asynccontextmanager
async def desk(common: Common, why: str = "") -> AsyncIterator[Callable[[Question], Awaitable[Any]]]:
    """Give what answers questions: the project opened for reading, or the instance that is named.

    ``why`` is told to an instance that is asked for personal data; see ``reveal``.
    """
    from functools import partial  # noqa: PLC0415  --help must not pay for it

    if common.instance:
        from trunkline.surfaces.remote import reached  # noqa: PLC0415  --help must not pay for it

        async with reached(common.instance, os.environ) as there:
            yield partial(there.ask, why=why)
        return
    from trunkline.app.asking import answer  # noqa: PLC0415  as above
    from trunkline.app.backbone import opened  # noqa: PLC0415  as above

    project, machine = loaded(common)
    async with opened(project, machine, roles=()) as backbone:
        yield partial(answer, backbone)


def asking(common: Common, question: Question, why: str = "") -> Any:
    """Return the answer to a question; that personal data is asked for, and ``why``, is audited before."""
    import asyncio  # noqa: PLC0415  as above

    reveal(common, question, why)

    async def ask() -> Any:
        async with desk(common, why) as answers:
            return await answers(question)

    return asyncio.run(ask())


def reveal(common: Common, question: Question, why: str) -> None:
    """Write into the audit that personal data is shown, if it is; an instance does so itself."""
    from trunkline.app.acts import RevealData  # noqa: PLC0415  as above
    from trunkline.app.questions import reveals, subject_of  # noqa: PLC0415  as above
    from trunkline.surfaces.cli.choosing import me  # noqa: PLC0415  as above

    if reveals(question) and not common.instance:
        acting(common, RevealData(subject_of(question), me(), why))


def acting(common: Common, act: Act) -> Any:
    """Have an act done, by the running process where there is one, here or at the instance that is named."""
    import asyncio  # noqa: PLC0415  as above

    async def done() -> Any:
        async with doing(common, act) as them:
            return await them.do(act)

    return asyncio.run(done())


@contextlib.asynccontextmanager
async def doing(common: Common, act: Act) -> AsyncIterator[Hands]:
    """Give who does acts of the kind of this one."""
    from trunkline.app.acts import Hands, hands  # noqa: PLC0415  as above

    if common.instance:
        from trunkline.surfaces.remote import reached  # noqa: PLC0415  as above

        async with reached(common.instance, os.environ) as there:
            yield Hands(there.do)
        return
    project, machine = loaded(common)
    async with hands(project, machine, act.role) as them:
        yield them


def loaded(common: Common) -> tuple[Project, Machine]:
    """Return the project, checked, and this machine."""
    from trunkline.app.backbone import this_machine  # noqa: PLC0415  as above
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    return Project.load(common.folder), this_machine(os.environ)
