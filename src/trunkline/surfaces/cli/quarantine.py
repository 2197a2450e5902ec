"""``trunkline quarantine``: what did not pass its contract and was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from trunkline.surfaces.cli import answering, output
from trunkline.surfaces.cli.choosing import Bulk, Entries, Mending
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.arrivals import EntryView


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    which: Entries = Entries(),  # noqa: B008  as above
    closed: bool = False,
    before: str = "",
    limit: int = 100,
) -> None:
    """List refused arrivals, newest first, each with its first reason.

    Example: trunkline quarantine list --source shop/order

    Parameters
    ----------
    closed
        Those that were released or discarded as well.
    before
        Go on before this entry of the page before: its id.
    limit
        The most to list.
    """
    from trunkline.app.questions import AskEntries  # noqa: PLC0415  --help must not pay for it

    query = replace(which.query(), status=None if closed else "open", before=before, limit=limit)
    found = asking(common, AskEntries(query))
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("Nothing is in quarantine.")
        return
    output.table(
        ("id", "source", "arrived", "times", "kind"),
        [(one.id, one.source, one.arrived, one.count, one.kind) for one in found],
        [f"{one.place or 'no place'}: {_first(one)}" for one in found],
    )
    output.tell_of_more(len(found), limit, f"--before {found[-1].id}")


def groups_(
    *,
    common: Common = Common(),  # noqa: B008  as above
    which: Entries = Entries(),  # noqa: B008  as above
) -> None:
    """Group refused arrivals by source and first reason: how many, and since when.

    In a place, - stands for any item of an array.

    Example: trunkline quarantine groups --source shop/order
    """
    from trunkline.app.questions import AskEntryGroups  # noqa: PLC0415  --help must not pay for it

    found = asking(common, AskEntryGroups(which.query()))
    if common.json:
        for one in found:
            output.document(one)
    elif found:
        answering.print_entry_groups(found)
    else:
        output.complain("Nothing is in quarantine.")


def _first(entry: EntryView) -> str:
    more = len(entry.reasons) - 1
    return f"{entry.reasons[0]}{f' (and {more} more)' if more > 0 else ''}" if entry.reasons else ""


def show_(
    id: str,  # noqa: A002  the argument's name
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    reveal: bool = False,
    why: str = "",
) -> None:
    """Show one refused arrival with every reason and its record, personal fields masked.

    Example: trunkline quarantine show 0198c6f0-7d6e-7c6b-8a51-0d7f3b2a1c11

    Parameters
    ----------
    id
        The entry's id, from the list.
    reveal
        Show the record as it came, to mend it: save the output of --json and release it with --file.
        That is written into the audit.
    why
        With --reveal: why, for whoever asks later.
    """
    from trunkline.app.questions import AskEntry  # noqa: PLC0415  as above

    found = asking(common, AskEntry(id, reveal), why)
    if common.json:
        output.document(found)
        return
    entry = found.entry
    output.say(
        f"{entry.id}: from {entry.source} into {entry.stream}, {entry.status}, trace {entry.correlation}"
    )
    times = "once" if entry.count == 1 else f"{entry.count:,} times"
    output.say(f"  arrived {entry.arrived} ({entry.place or 'no place'}), {times}")
    if entry.resolution:
        ended = entry.resolution
        output.say(f"  {ended.at} {ended.how} by {ended.by}: {ended.why or '-'}")
    for reason in entry.reasons:
        output.say(f"  {reason}")
    output.record(found.record)


def release_(
    ids: list[str] | None = None,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    which: Entries = Entries(),  # noqa: B008  as above
    bulk: Bulk = Bulk(),  # noqa: B008  as above
    mending: Mending = Mending(),  # noqa: B008  as above
    why: str = "",
) -> Exit:
    """Let refused arrivals in that pass their contract now, or that were mended.

    Name them, or choose them as "quarantine list" does; they go in the order in
    which they came. Ends with 1 where one is still refused.

    Example: trunkline quarantine release --kind contract --set status=placed --dry-run

    Parameters
    ----------
    ids
        The entries' ids, from the list.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import ReleaseEntries  # noqa: PLC0415  as above

    bulk.check(ids, which != Entries())
    mended = mending.fields(ids)
    act = ReleaseEntries(which.query(ids), bulk.who, why, **mended, count=bulk.count)
    return answering.entries(common, bulk, act)


def discard_(
    ids: list[str] | None = None,
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
    which: Entries = Entries(),  # noqa: B008  as above
    bulk: Bulk = Bulk(),  # noqa: B008  as above
) -> Exit:
    """Give refused arrivals up; the reason is kept, and the bytes until retention removes them.

    Ends with 1 where one is not open any more.

    Example: trunkline quarantine discard 0198c6f0-7d6e-7c6b-8a51-0d7f3b2a1c11
    --why "test data"

    Parameters
    ----------
    ids
        The entries' ids, from the list.
    why
        Why, for whoever asks later.
    """
    from trunkline.app.acts import DiscardEntries  # noqa: PLC0415  as above

    bulk.check(ids, which != Entries())
    return answering.entries(common, bulk, DiscardEntries(which.query(ids), bulk.who, why, bulk.count))
