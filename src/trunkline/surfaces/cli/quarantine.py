"""``trunkline quarantine``: what did not pass its contract and was kept."""

from __future__ import annotations

import getpass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trunkline.kernel.clock import to_rfc3339
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, acting, reading
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone
    from trunkline.intake.quarantine import Entry


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    source: str = "",
    kind: str = "",
    closed: bool = False,
    limit: int = 100,
) -> None:
    """List refused arrivals, newest first, each with its first reason.

    Example: trunkline quarantine list --source shop/order

    Parameters
    ----------
    source
        Only those of this source.
    kind
        Only those refused for this class of reason: contract, json, identity, size, depth, source.
    closed
        Those that were released or discarded as well.
    limit
        The most to list.
    """
    from trunkline.intake.quarantine import Query  # noqa: PLC0415  --help must not pay for it

    query = Query(source=source, kind=kind, status=None if closed else "open", limit=limit)

    async def find(backbone: Backbone) -> list[Entry]:
        return list(await backbone.quarantine.list(query))

    found = reading(common, find)
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("Nothing is in quarantine.")
        return
    output.table(
        ("id", "source", "arrived", "times", "kind"),
        [(one.id, one.source, to_rfc3339(one.arrived), one.count, one.kind) for one in found],
        [f"{one.place or 'no place'}: {_first(one)}" for one in found],
    )
    output.tell_of_more(len(found), limit)


def _first(entry: Entry) -> str:
    more = len(entry.reasons) - 1
    return f"{entry.reasons[0]}{f' (and {more} more)' if more > 0 else ''}" if entry.reasons else ""


def show_(
    id: str,  # noqa: A002  the argument's name
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    reveal: bool = False,
) -> None:
    """Show one refused arrival with every reason and its record, personal fields masked.

    Example: trunkline quarantine show 0198c6f0-7d6e-7c6b-8a51-0d7f3b2a1c11

    Parameters
    ----------
    id
        The entry's id, from the list.
    reveal
        Show the record as it came, to mend it: save the output of --json and release it with --edited.
    """
    from trunkline.app.views import quarantined  # noqa: PLC0415  as above

    found = reading(common, partial(quarantined, entry_id=id, reveal=reveal))
    if common.json:
        output.document(found)
        return
    entry = found.entry
    output.say(
        f"{entry.id}: from {entry.source} into {entry.stream}, {entry.status}, trace {entry.correlation}"
    )
    times = "once" if entry.count == 1 else f"{entry.count:,} times"
    output.say(f"  arrived {to_rfc3339(entry.arrived)} ({entry.place or 'no place'}), {times}")
    for reason in entry.reasons:
        output.say(f"  {reason}")
    output.record(found.record)


def release_(
    ids: list[str],
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    why: str = "",
    edited: Path | None = None,
) -> Exit:
    """Let refused arrivals in that pass their contract now, or one that was mended.

    Ends with 1 where one is still refused.

    Example: trunkline quarantine release 0198c6f0-7d6e-7c6b-8a51-0d7f3b2a1c11
    --edited mended.json

    Parameters
    ----------
    ids
        The entries' ids, from the list.
    why
        Why, for whoever asks later.
    edited
        A file with the record as it should have been, in place of what came; for one entry.
    """
    from trunkline.app.acts import ReleaseEntries  # noqa: PLC0415  as above

    if edited is not None and len(ids) != 1:
        raise TrunklineError("--edited replaces one record: release one entry at a time")
    try:
        text = edited.read_bytes() if edited else None
    except OSError as error:
        raise TrunklineError(f"{edited} cannot be read: {error.strerror}") from None
    released = acting(common, ReleaseEntries(ids, getpass.getuser(), why, text))
    return _tell(common, [(one, one.entry_id, one.fate, one.fate == "released") for one in released])


def discard_(
    ids: list[str],
    /,
    *,
    why: str,
    common: Common = Common(),  # noqa: B008  as above
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

    ended = acting(common, DiscardEntries(ids, getpass.getuser(), why))
    return _tell(
        common, [(one, one.id, "discarded" if one.discarded else "not open", one.discarded) for one in ended]
    )


def _tell(common: Common, fates: list[tuple[Any, str, str, bool]]) -> Exit:
    for value, entry_id, fate, _ in fates:
        if common.json:
            output.document(value)
        else:
            output.say(f"{entry_id}: {fate}")
    return Exit.OK if all(good for *_, good in fates) else Exit.FOUND
