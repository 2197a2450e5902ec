"""``trunkline events``: the events of a stream, personal fields masked."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from trunkline.kernel import json
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, reading
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone
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
    """Show personal fields as they are."""


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
    from trunkline.app.views import Wanted  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.views import events as use_case  # noqa: PLC0415  as above

    wanted = Wanted(*dataclasses.astuple(which))

    async def show(backbone: Backbone) -> int:
        count = 0
        async for event in use_case(backbone, stream, wanted):
            _show(event, as_json=common.json)
            count += 1
        return count

    count = reading(common, show)
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
