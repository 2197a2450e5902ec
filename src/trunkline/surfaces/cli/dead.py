"""``trunkline dead``: what could not be delivered and waits for a person."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, acting, reading
from trunkline.surfaces.cli.exits import Exit


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    flow: str = "",
    discarded: bool = False,
    limit: int = 100,
) -> None:
    """List dead letters by flow and offset, each with why it died.

    Example: trunkline dead list --flow stock-to-shop

    Parameters
    ----------
    flow
        Only those of this flow.
    discarded
        Those that were given up instead, each with the reason that was given.
    limit
        The most to list.
    """
    from trunkline.app.views import dead_letters  # noqa: PLC0415  --help must not pay for it

    found = reading(common, partial(dead_letters, flow=flow, limit=limit, discarded=discarded))
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("No discarded dead letters." if discarded else "No dead letters.")
        return
    output.table(
        ("flow", "offset", "key", "attempts", "discarded" if discarded else "died", "kind"),
        [(one.flow, str(one.offset), one.subject, one.attempts, one.at, one.kind) for one in found],
        [one.reason if discarded else one.detail for one in found],
    )
    output.tell_of_more(len(found), limit)


def show_(
    flow: str,
    offset: int,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    reveal: bool = False,
) -> None:
    """Show one dead letter: its event and every failed attempt that is kept.

    One that was discarded is shown with the reason that was given.

    Example: trunkline dead show stock-to-shop 1024

    Parameters
    ----------
    flow
        The flow it is a dead letter of.
    offset
        Its offset in the stream.
    reveal
        Show personal fields as they are.
    """
    from trunkline.app.views import dead_letter  # noqa: PLC0415  as above

    found = reading(common, partial(dead_letter, flow=flow, offset=offset, reveal=reveal))
    if common.json:
        output.document(found)
        return
    letter = found.letter
    output.say(
        f"{letter.flow} offset {letter.offset:,}, key {letter.subject or '-'}, trace {letter.correlation}"
    )
    for one in found.tries:
        output.say(f"  {one.at} {one.kind}: {one.detail}")
    if letter.state == "discarded":
        output.say(f"  {letter.at} discarded: {letter.reason}")
    if found.event is None:
        hint = ": discard it" if letter.state == "dead" else ""
        output.say(f"  the log no longer holds this event{hint}")
    else:
        output.record(found.event.data)


def retry_(
    flow: str,
    offsets: list[int] | None = None,
    /,
    *,
    common: Common = Common(),  # noqa: B008  as above
    everything: Annotated[bool, Parameter(name="--all")] = False,
) -> Exit:
    """Deliver dead letters again, with all attempts of the flow's retry policy.

    Ends with 1 where one of them is no dead letter.

    Example: trunkline dead retry stock-to-shop 1024 1025

    Parameters
    ----------
    flow
        The flow they are dead letters of.
    offsets
        Their offsets.
    everything
        All dead letters of the flow.
    """
    return _answer(common, flow, offsets or [], everything=everything, retry=True, reason="")


def discard_(
    flow: str,
    offsets: list[int] | None = None,
    /,
    *,
    reason: str,
    common: Common = Common(),  # noqa: B008  as above
    everything: Annotated[bool, Parameter(name="--all")] = False,
) -> Exit:
    """Give dead letters up: they are never delivered, and the reason is kept.

    "dead show", "dead list --discarded" and "trace" tell it to whoever asks later.
    Ends with 1 where one of them is no dead letter.

    Example: trunkline dead discard stock-to-shop 1024 --reason "product was
    deleted"

    Parameters
    ----------
    flow
        The flow they are dead letters of.
    offsets
        Their offsets.
    reason
        Why.
    everything
        All dead letters of the flow.
    """
    return _answer(common, flow, offsets or [], everything=everything, retry=False, reason=reason)


def _answer(common: Common, flow: str, offsets: list[int], **how: Any) -> Exit:
    from trunkline.app.acts import Answer  # noqa: PLC0415  as above

    if how.pop("everything"):
        offsets = _all(common, flow)
    answered = acting(common, Answer(flow, offsets, **how)) if offsets else []
    for one in answered:
        if common.json:
            output.document(one)
        elif not one.answered:
            output.complain(f"offset {one.offset} of {flow} is no dead letter")
    done = sum(one.answered for one in answered)
    if not common.json:
        output.say(f"{done} dead letter{'' if done == 1 else 's'} answered.")
    return Exit.OK if done == len(offsets) and offsets else Exit.FOUND


def _all(common: Common, flow: str) -> list[int]:
    from trunkline.app.views import dead_letters  # noqa: PLC0415  as above

    return [one.offset for one in reading(common, partial(dead_letters, flow=flow, limit=1_000_000))]
