"""How commands answer many dead letters or refused arrivals: a page an act, told as it goes.

Each page is answered as a whole and audited. What was answered is not found again, so a command that was
broken off is repeated as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import Bulk
from trunkline.surfaces.cli.common import Common, asking, desk, doing
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.acts import (
        DiscardEntries,
        DiscardLetters,
        EditLetters,
        Hands,
        ReleaseEntries,
        RetryLetters,
    )
    from trunkline.app.arrivals import EntryGroup
    from trunkline.app.dead import DeadGroup
    from trunkline.app.letters import Edited
    from trunkline.app.questions import Question

PAGE = 1_000
"""How many one act answers."""

Tell = Callable[[Any], bool]
"""Tells of one result; returns whether it is as one wants it."""


def letters(common: Common, bulk: Bulk, act: RetryLetters | DiscardLetters) -> Exit:
    """Retry or discard dead letters, or tell how many would be."""
    if bulk.dry_run:
        return _tell_letters(common, bulk, act.where)
    missing = set(act.where.offsets)

    def tell(one: Any) -> bool:
        missing.discard(one.offset)
        if not one.answered:
            output.complain(f"offset {one.offset} of {one.flow} is no dead letter any more")
        return bool(one.answered)

    done, others = _answer(common, bulk, act, tell, _place)
    return _ended(common, act, missing, done, others)


def edits(common: Common, bulk: Bulk, act: EditLetters) -> Exit:
    """Edit dead letters and tell what differs, or what would."""
    missing = set(act.where.offsets)

    def tell(one: Edited) -> bool:
        missing.discard(one.offset)
        if not common.json:
            _tell_edit(one)
        return one.answered

    if bulk.dry_run:
        from trunkline.app.questions import AskEdit  # noqa: PLC0415  --help must not pay for it

        would = asyncio.run(_would(common, AskEdit, act, bulk.limit, _place))
        good = [_told(common, one, tell) for one in would]
        return _ended(common, act, missing, sum(good), len(good) - sum(good), "would be edited")
    done, others = _answer(common, bulk, act, tell, _place)
    return _ended(common, act, missing, done, others, "edited")


def _place(one: Any) -> tuple[str, int]:
    return one.flow, one.offset


async def _would(
    common: Common, asks: Callable[[Any], Question], act: Any, limit: int, place: Callable[[Any], Any]
) -> list[Any]:
    """Return what an act would come to, by the question that ``asks``, page after page."""
    from trunkline.app.acts import Hands  # noqa: PLC0415  --help must not pay for it

    async with desk(common) as ask:
        them = Hands(lambda page: ask(asks(page)))
        return [one async for page in _pages(them, act, limit, place) for one in page]


def _tell_edit(one: Edited) -> None:
    where = f"{one.flow} offset {one.offset}"
    for line in (*one.problems, *one.notes):
        output.complain(f"{where}: {line}")
    if one.differences:
        output.say(f"{where}:")
    for each in one.differences:
        output.say(f"  {each.path}: {_shown(each.before)} -> {_shown(each.after)}")


def _shown(value: Any) -> str:
    import msgspec  # noqa: PLC0415  --help must not pay for it

    from trunkline.kernel import json  # noqa: PLC0415  as above

    return "(absent)" if value is msgspec.UNSET else json.encode(value).decode()


def _ended(
    common: Common, act: Any, missing: set[int], done: int, others: int, word: str = "answered"
) -> Exit:
    for offset in sorted(missing):
        output.complain(f"offset {offset} of {act.where.flow} is no dead letter")
    if not common.json:
        output.say(f"{done:,} dead letter{'' if done == 1 else 's'} {word}.")
    return Exit.OK if done and not (others or missing) else Exit.FOUND


def _tell_letters(common: Common, bulk: Bulk, where: Any) -> Exit:
    from trunkline.app.questions import AskLetterGroups  # noqa: PLC0415  as above

    found: list[DeadGroup] = asking(common, AskLetterGroups(where))
    count = min(sum(one.letters for one in found), bulk.limit)
    return _tell_count(common, found, count, "dead letter", print_groups)


def entries(common: Common, bulk: Bulk, act: ReleaseEntries | DiscardEntries) -> Exit:
    """Release or discard refused arrivals, or tell how many would be."""
    from trunkline.app.acts import ReleaseEntries  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.questions import AskEnded, AskEntryGroups, AskRelease  # noqa: PLC0415  as above

    tries = bulk.dry_run and isinstance(act, ReleaseEntries)
    if bulk.dry_run and not tries:
        found = asking(common, AskEntryGroups(act.where))
        count = min(sum(one.entries for one in found), bulk.limit)
        return _tell_count(common, found, count, "entry", print_entry_groups)
    missing = set(act.where.ids)

    def tell(one: Any) -> bool:
        entry_id, fate, good = _fate(one)
        missing.discard(entry_id)
        if not common.json:
            output.say(f"{entry_id}: {'would be ' if tries and good else ''}{fate}")
            for reason in getattr(one.receipt, "reasons", ()) if hasattr(one, "receipt") else ():
                output.complain(f"  {reason}")
        return good

    if tries:
        would = asyncio.run(_would(common, AskRelease, act, bulk.limit, lambda one: one.entry_id))
        done = sum(_told(common, one, tell) for one in would)
        others = len(would) - done
        _say_would(common, done, others)
    else:
        done, others = _answer(common, bulk, act, tell, lambda one: _fate(one)[0])
    for line in asking(common, AskEnded(tuple(sorted(missing)))) if missing else ():
        output.complain(line)
    return Exit.OK if done and not (others or missing) else Exit.FOUND


def _say_would(common: Common, done: int, others: int) -> None:
    if not common.json:
        rest = f", {others:,} not" if others else ""
        output.say(
            f"{done:,} {'entry' if done == 1 else 'entries'} would be released{rest}; nothing was done."
        )


def _fate(one: Any) -> tuple[str, str, bool]:
    if hasattr(one, "fate"):
        return one.entry_id, one.fate, one.fate == "released"
    return one.id, "discarded" if one.discarded else "not open", one.discarded


def _tell_count(
    common: Common, found: list[Any], count: int, what: str, show: Callable[[list[Any]], None]
) -> Exit:
    if common.json:
        output.document({"would_answer": count, "groups": found})
    else:
        show(found)
        plural = {"entry": "entries"}.get(what, f"{what}s")
        output.say(f"{count:,} {what if count == 1 else plural} would be answered; nothing was done.")
    return Exit.OK if count else Exit.FOUND


def _answer(common: Common, bulk: Bulk, act: Any, tell: Tell, place: Callable[[Any], Any]) -> tuple[int, int]:
    """Do an act page by page; return how many results are as one wants them, and how many are not."""
    good: list[bool] = []

    async def work() -> None:
        with output.progress("answering") as advance:
            async with doing(common, act) as them:
                async for results in _pages(them, act, bulk.limit, place):
                    good.extend(_told(common, one, tell) for one in results)
                    advance(len(results))

    asyncio.run(work())
    return sum(good), len(good) - sum(good)


async def _pages(them: Hands, act: Any, limit: int, place: Callable[[Any], Any]) -> AsyncIterator[list[Any]]:
    while limit > 0:
        size = min(limit, PAGE)
        results = await them.do(replace(act, where=replace(act.where, limit=size)))
        yield results
        if len(results) < size:
            return
        limit -= size
        left = None if act.count is None else act.count - size
        act = replace(act, where=replace(act.where, after=place(results[-1])), count=left)


def _told(common: Common, one: Any, tell: Tell) -> bool:
    if common.json:
        output.document(one)
    return tell(one)


def print_groups(found: list[DeadGroup]) -> None:
    """Print groups for a person."""
    output.table(
        ("flow", "kind", "letters", "keys", "holds back", "first", "last", "example"),
        [
            (
                one.flow,
                one.kind,
                one.letters,
                one.keys,
                one.holds_back,
                one.first,
                one.last,
                str(one.example),
            )
            for one in found
        ],
        [one.cause for one in found],
    )


def print_entry_groups(found: list[EntryGroup]) -> None:
    """Print groups of refused arrivals for a person."""
    output.table(
        ("source", "kind", "rule", "place", "entries", "arrivals", "first", "last", "example"),
        [
            (
                one.source,
                one.kind,
                one.rule,
                one.pointer or "/",
                one.entries,
                one.arrivals,
                one.first,
                one.last,
                one.example,
            )
            for one in found
        ],
    )
