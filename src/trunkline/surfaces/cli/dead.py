"""``trunkline dead``: what could not be delivered and waits for a person."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import answering, output
from trunkline.surfaces.cli.choosing import Bulk, Letters, Mending
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.dead import DeadDetail, DeadGroup, DeadView


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Then:
    """What follows an edit, and why it is made."""

    why: str = ""
    """Why, for whoever asks later."""

    retry: bool = False
    """Deliver them again at once, as "dead retry" does."""

    new_key: Annotated[bool, Parameter(name="--new-key")] = False
    """With --retry: send them under new idempotency keys."""


State = Literal["dead", "waiting", "held", "delivered", "dropped", "discarded", "superseded"]


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    which: Letters = Letters(),  # noqa: B008  as above
    flow: str = "",
    state: State = "dead",
    after: str = "",
    limit: int = 100,
) -> None:
    """List dead letters by flow and offset, each with why it died and how many events it holds back.

    Example: trunkline dead list --flow stock-to-shop --kind http-422

    Parameters
    ----------
    flow
        Only those of this flow.
    state
        Instead those that were given up (discarded), made moot by a newer state of their entity (superseded),
        are being retried (waiting), were delivered late.
    after
        Go on after this line of the page before: FLOW/OFFSET.
    limit
        The most to list.
    """
    from msgspec.structs import replace  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.questions import AskLetters  # noqa: PLC0415  as above

    where = replace(which.query(flow), state=state, after=_after(after), limit=limit)
    found: list[DeadView] = asking(common, AskLetters(where))
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("No dead letters." if state == "dead" else f"No {state} events.")
        return
    output.table(
        ("flow", "offset", "key", "attempts", "died" if state == "dead" else state, "kind", "holds back"),
        [
            (one.flow, str(one.offset), one.subject, one.attempts, one.at, one.kind, one.holds_back)
            for one in found
        ],
        [f"{'edited; ' if one.edited else ''}{one.reason or one.detail}" for one in found],
    )
    output.tell_of_more(len(found), limit, f"--after {found[-1].flow}/{found[-1].offset}")


def _after(text: str) -> tuple[str, int]:
    flow, _, offset = text.rpartition("/")
    if text and not (flow and offset.isdecimal()):
        raise UsageError(f'"{text}" is no place in the list: write FLOW/OFFSET')
    return (flow, int(offset)) if text else ("", -1)


def groups_(
    *,
    common: Common = Common(),  # noqa: B008  as above
    which: Letters = Letters(),  # noqa: B008  as above
    flow: str = "",
) -> None:
    """Group dead letters by flow and cause: how many, since when, of how many keys, what they hold back.

    What tells one event from another in a failure (numbers, identifiers) is
    written #. --kind and --cause choose the letters of a group in other commands.

    Example: trunkline dead groups --flow stock-to-shop

    Parameters
    ----------
    flow
        Only those of this flow.
    """
    from trunkline.app.questions import AskLetterGroups  # noqa: PLC0415  as above

    found: list[DeadGroup] = asking(common, AskLetterGroups(which.query(flow)))
    if common.json:
        for one in found:
            output.document(one)
    elif found:
        answering.print_groups(found)
    else:
        output.complain("No dead letters.")


def show_(
    flow: str,
    offset: int,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    reveal: bool = False,
    why: str = "",
) -> None:
    """Show one dead letter: its event, every failed attempt that is kept, and what people did with it.

    One that was answered is shown with the answers.

    Example: trunkline dead show stock-to-shop 1024

    Parameters
    ----------
    flow
        The flow it is a dead letter of.
    offset
        Its offset in the stream.
    reveal
        Show personal fields as they are; that is written into the audit.
    why
        With --reveal: why, for whoever asks later.
    """
    from trunkline.app.questions import AskLetter  # noqa: PLC0415  as above

    found: DeadDetail = asking(common, AskLetter(flow, offset, reveal), why)
    if common.json:
        output.document(found)
    else:
        _print(found)


def _print(found: DeadDetail) -> None:
    letter = found.letter
    output.say(
        f"{letter.flow} offset {letter.offset:,}, key {letter.subject or '-'}, trace {letter.correlation}"
    )
    output.say(
        f"  {letter.state}, contract {letter.contract or 'unknown'}, holds back {letter.holds_back:,} events"
    )
    for one in found.tries:
        output.say(f"  {one.at} {one.kind}: {one.detail}")
    for answer in found.answers:
        fields = f" of {', '.join(answer.changed)}" if answer.changed else ""
        output.say(f"  {answer.at} {_DONE[answer.how]}{fields} by {answer.by or '-'}: {answer.why or '-'}")
    if found.event is None:
        hint = ": discard it" if letter.state == "dead" else ""
        output.say(f"  the log no longer holds this event{hint}")
    else:
        output.record(found.event.data)
    if found.edited is not None:
        output.say("  edited:")
        output.record(found.edited)


_DONE = {"retry": "retried", "discard": "discarded", "edit": "edit"}


def retry_(
    flow: str,
    offsets: list[int] | None = None,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    which: Letters = Letters(),  # noqa: B008  as above
    bulk: Bulk = Bulk(),  # noqa: B008  as above
    why: str = "",
    new_key: Annotated[bool, Parameter(name="--new-key")] = False,
) -> Exit:
    """Deliver dead letters again, with all attempts of the flow's retry policy.

    Name them by their offsets, or choose them as "dead list" does. It may be
    broken off and repeated: what was answered is no dead letter any more. Ends
    with 1 where one of them is none.

    Example: trunkline dead retry stock-to-shop --kind http-422 --dry-run

    Parameters
    ----------
    flow
        The flow they are dead letters of.
    offsets
        Their offsets.
    why
        Why, for whoever asks later.
    new_key
        Send them under new idempotency keys: for a receiver that repeats the refusal it gave before.
    """
    from trunkline.app.acts import RetryLetters  # noqa: PLC0415  as above

    bulk.check(offsets, which != Letters())
    act = RetryLetters(which.query(flow, offsets), bulk.who, why, new_key, bulk.count)
    return answering.letters(common, bulk, act)


def edit_(
    flow: str,
    offsets: list[int] | None = None,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    which: Letters = Letters(),  # noqa: B008  as above
    bulk: Bulk = Bulk(),  # noqa: B008  as above
    mending: Mending = Mending(),  # noqa: B008  as above
    then: Then = Then(),
) -> Exit:
    """Mend the records of dead letters, and print what differs, personal fields masked.

    An edited record has to keep its contract, its entity key and, mapped, the
    target's contract. It is delivered from the next attempt on; what came stays
    in the log. Ends with 1 where one is refused.

    Example: trunkline dead edit stock-to-shop 1024 --set status=placed --retry

    Parameters
    ----------
    flow
        The flow they are dead letters of.
    offsets
        Their offsets.
    """
    from trunkline.app.acts import EditLetters  # noqa: PLC0415  as above

    bulk.check(offsets, which != Letters())
    act = EditLetters(
        which.query(flow, offsets),
        bulk.who,
        then.why,
        **mending.fields(offsets),
        retry=then.retry,
        new_key=then.new_key,
        count=bulk.count,
    )
    return answering.edits(common, bulk, act)


def discard_(
    flow: str,
    offsets: list[int] | None = None,
    /,
    *,
    why: Annotated[str, Parameter(name=["--why", "--reason"])],
    common: Common = Common(),  # noqa: B008  as above
    which: Letters = Letters(),  # noqa: B008  as above
    bulk: Bulk = Bulk(),  # noqa: B008  as above
) -> Exit:
    """Give dead letters up: they are never delivered, and the reason is kept.

    "dead show", "dead list --state discarded" and "trace" tell it to whoever asks
    later. It may be broken off and repeated. Ends with 1 where one of them is no
    dead letter.

    Example: trunkline dead discard stock-to-shop 1024 --why "product was deleted"

    Parameters
    ----------
    flow
        The flow they are dead letters of.
    offsets
        Their offsets.
    why
        Why.
    """
    from trunkline.app.acts import DiscardLetters  # noqa: PLC0415  as above

    bulk.check(offsets, which != Letters())
    return answering.letters(
        common, bulk, DiscardLetters(which.query(flow, offsets), bulk.who, why, bulk.count)
    )
