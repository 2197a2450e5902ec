"""``trunkline log``: the durable record of everything that was accepted."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import me
from trunkline.surfaces.cli.common import Common, acting, reading
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone
    from trunkline.app.project import Project
    from trunkline.eventlog.port import PageCheck, StreamInfo


def info_(*, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """Tell the extent of every stream: its offsets, pages and stored bytes.

    Example: trunkline log info
    """

    async def find(backbone: Backbone) -> list[StreamInfo]:
        return await backbone.log.streams()

    found = reading(common, find)
    if common.json:
        output.document(found)
        return
    output.table(
        ("stream", "first", "next", "pages", "bytes"),
        [(one.stream, one.first, one.next, one.pages, one.stored_bytes) for one in found],
    )


def verify_(stream: str = "", /, *, common: Common = Common()) -> Exit:  # noqa: B008  as above
    """Open every stored page, of one stream or of all, and tell which are damaged or missing.

    Ends with 1 where one is. It works beside the running process.

    Example: trunkline log verify order@1

    Parameters
    ----------
    stream
        Only this stream.
    """

    async def check(backbone: Backbone) -> tuple[int, list[PageCheck]]:
        pages, damaged = 0, []
        stored = {one.stream: one.pages for one in await backbone.log.streams()}
        wanted = _stream(backbone.project, stream, stored)
        with output.progress("verifying", stored.get(wanted) or sum(stored.values())) as advance:
            async for one in backbone.log.verify(wanted):
                pages += 1
                damaged += [one] if one.fault else []
                advance(1)
        return pages, damaged

    pages, damaged = reading(common, check)
    if common.json:
        output.document({"pages": pages, "damaged": damaged})
    else:
        for one in damaged:
            output.say(f"{one.stream} offsets {one.base} to {one.base + one.count - 1}: {one.fault}")
        output.say(f"{pages:,} page{'' if pages == 1 else 's'}, {len(damaged):,} damaged.")
    return Exit.FOUND if damaged else Exit.OK


def _stream(project: Project, name: str, stored: Container[str]) -> str:
    """Return the stream of that name, also one whose contract was removed; empty stands for all."""
    contract = project.contract_of(name)
    if contract is None and name and name not in stored:
        from trunkline.app.project import unknown_stream  # noqa: PLC0415  --help must not pay for it

        raise unknown_stream(project, name)
    return contract.stream if contract else name


def trim_(*, common: Common = Common()) -> None:  # noqa: B008  as above
    """Remove what the project's retention says may go and no flow still has to read.

    trunkline run does the same every hour.

    Example: trunkline log trim
    """
    from trunkline.app.acts import Trim  # noqa: PLC0415  --help must not pay for it

    trimmed = acting(common, Trim(me()))
    if common.json:
        output.document(trimmed)
        return
    if not trimmed:
        output.say("Nothing to trim: the project sets no retention, or nothing is stored.")
    for one in trimmed:
        output.say(f"{one.stream}: {one.events:,} events removed")
