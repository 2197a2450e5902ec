"""``trunkline events``: the events of a stream, personal fields masked."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from trunkline.kernel import json
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, desk, reveal
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.views import EventView


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Which:
    """Which events to print, and how openly."""

    start: Annotated[int, Parameter(name="--from")] = 0
    """The offset to begin with."""

    limit: int = 100
    """The most events to print."""

    key: str = ""
    """Only events of this entity key."""

    id: str = ""
    """Only events of this id, which is their idempotency key."""

    correlation: str = ""
    """Only events of this correlation ID."""

    reveal: bool = False
    """Show personal fields as they are; that is written into the audit."""

    why: str = ""
    """With --reveal: why, for whoever asks later."""


def events(stream: str, /, *, which: Which = Which(), common: Common = Common()) -> Exit:  # noqa: B008  frozen values
    """Print the events of a stream, oldest first from an offset, or those that carry a value, newest first.

    Personal fields are masked, and what the contract does not describe. Ends with
    1 where there is none.

    Example: trunkline events order --key 1001

    Parameters
    ----------
    stream
        The stream, with its major version where there are several: order, order@1.
    """
    from trunkline.app.questions import AskEvents, pages  # noqa: PLC0415  --help must not pay for it

    *fields, why = dataclasses.astuple(which)
    question = AskEvents(stream, *fields)
    reveal(common, question, why)

    async def show() -> int:
        count = 0
        async with desk(common, why) as ask:
            async for page in pages(ask, question):
                for event in page:
                    _show(event, as_json=common.json)
                count += len(page)
        return count

    count = asyncio.run(show())
    if not count and not common.json:
        output.complain("No such event.")
    elif not common.json:
        output.tell_of_more(count, which.limit)
    return Exit.OK if count else Exit.FOUND


def _show(event: EventView, *, as_json: bool) -> None:
    if as_json:
        output.document(event)
        return
    output.say(
        f"{event.offset:>10,}  {event.recorded}  {event.id}"
        f"  key {event.subject or '-'}  trace {event.correlation}"
    )
    output.say(f"            {json.encode(event.data).decode()}")
