"""``trunkline duplicates``: which entities of a stream are one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.census import DuplicateReport


def duplicates(stream: str, /, *, limit: int = 20, common: Common = Common()) -> Exit:  # noqa: B008  a frozen value
    """Tell which entities of a stream are one thing, by the fields that its contract matches by.

    Each line is some fields whose values several entities share, those of most first, with the keys of the
    oldest of them and the offsets of their newest events. Keys are masked where they are personal, and
    missing where retention removed the event; values are not kept. Ends with 1 where there is a duplicate.

    Example: trunkline duplicates customer

    Parameters
    ----------
    stream
        The stream, with its major version where there are several: customer, customer@1.
    limit
        The most lines to print.
    """
    from trunkline.app.questions import AskDuplicates  # noqa: PLC0415  --help must not pay for it

    found: DuplicateReport = asking(common, AskDuplicates(stream, limit))
    if common.json:
        output.document(found)
    else:
        _print(found, limit)
    return Exit.FOUND if found.groups else Exit.OK


def _print(found: DuplicateReport, limit: int) -> None:
    count = found.count
    if count.counted is None:
        output.say(f"{count.stream} is not counted yet: the running project does it within the hour.")
        return
    output.say(
        f"{count.stream}: {count.duplicates:,} of {count.entities:,} entities are another one's duplicate; "
        f"counted {count.counted}, {count.uncounted:,} events came since"
    )
    if found.groups:
        output.table(
            ("match in", "entities", "keys (offset of the newest event)"),
            [
                (
                    ", ".join(one.fields),
                    one.entities,
                    ", ".join(f"{each.key or '-'} ({each.offset})" for each in one.oldest),
                )
                for one in found.groups
            ],
        )
        output.tell_of_more(len(found.groups), limit)
