"""``trunkline demo``: a generated retail day on the embedded store, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.exits import Exit
from trunkline.surfaces.cli.run import loop_factory

if TYPE_CHECKING:
    from trunkline.app.demo.play import Story, Told

_REASONS = {
    "contract": "broke their contract: in quarantine, with every reason",
    "signature": "carried a signature made with another key: answered 401",
}


def demo(
    folder: Path | None = None,
    /,
    *,
    json: bool = False,
    seed: int | None = None,
) -> Exit:
    """Run a generated retail day and show what came of it.

    Tills drop CSV exports, a web shop sends signed webhooks, a stock table is
    kept, and the shop's own interface is busy now and then. The project is
    written into FOLDER and stays there to be looked at. It takes less than a
    minute and needs nothing but this machine.

    Example: trunkline demo retail-day

    Parameters
    ----------
    folder
        Where to write the project; it must be empty or new. Without it, a new temporary folder.
    json
        Print the result as one JSON document.
    seed
        Play another day: the same seed gives the same day.
    """
    from trunkline.app.backbone import this_machine  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.demo.play import SEED, play  # noqa: PLC0415  as above

    place = folder or Path(tempfile.mkdtemp(prefix="trunkline-demo-"))
    machine = this_machine(os.environ)
    with _bars() as told, asyncio.Runner(loop_factory=loop_factory()) as runner:
        story = runner.run(play(place, machine, _door, told, SEED if seed is None else seed))
    if json:
        output.document(msgspec.structs.asdict(story) | {"folder": os.fspath(story.folder)})
    else:
        _show(story)
    return Exit.OK if story.articles_right == story.articles else Exit.FOUND


async def _door(webhooks: Mapping[str, Any]) -> Any:
    from trunkline.app.backbone import this_machine  # noqa: PLC0415  as above
    from trunkline.surfaces.door import Door, serve  # noqa: PLC0415  as above

    return await serve(Door(webhooks, this_machine({}).ids), "127.0.0.1", 0)


@contextlib.contextmanager
def _bars() -> Iterator[Told]:
    """Show a bar for each thing that moves, on a terminal; into a pipe, nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _by: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415  as above

    from trunkline.app.demo.play import EXPECTED  # noqa: PLC0415  as above

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=output.console(to_stderr=True), transient=True) as bars:
        tasks = {what: bars.add_task(what, total=total) for what, total in EXPECTED.items()}
        yield lambda what, by: bars.advance(tasks[what], by)


def _show(story: Story) -> None:
    output.say(f"A retail day in {story.seconds:.1f} seconds.\n")
    sources = [
        (one.source, one.accepted, one.duplicates, sum(one.refused.values()))
        for one in sorted(story.sources, key=lambda one: one.source)
    ]
    output.table(("source", "accepted", "repeated", "refused"), sources, title="What arrived")
    for one in story.sources:
        for reason, count in sorted(one.refused.items()):
            output.say(f"  {one.source}: {count} {_REASONS.get(reason, reason)}")
    flows = [
        (
            one.flow,
            one.delivered,
            one.retried,
            one.dead,
            f"{one.p50_seconds:.2f} s",
            f"{one.p99_seconds:.2f} s",
        )
        for one in story.flows
    ]
    columns = ("flow", "delivered", "after a retry", "dead letters", "late by p50", "p99")
    output.say("")
    output.table(columns, flows, title="What was delivered, and how late")
    for cause, count in story.dead.items():
        output.say(f"  {count} dead: {cause}")
    output.say(
        f"\nStock: {story.articles_right} of {story.articles} articles are exactly what was sold,"
        " added up independently."
    )
    output.say(f"The shop has {story.confirmed:,} confirmations, each once.\n\nWhere to look next:")
    for command in ("status", "dead list", "quarantine list", "events order@1 --limit 3", "log verify"):
        output.say(f"  {_program()} {command} --project {story.folder}")


def _program() -> str:
    """Return what to type for this program: its name, or its path where the shell does not find it."""
    return "trunkline" if shutil.which("trunkline") else sys.argv[0]
