"""``trunkline contract diff``: what a change of a contract does to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.comparing import Comparison
    from trunkline.contracts.compat.difference import Change

Mode = Literal["backward", "forward", "full"]
Policy = Literal["practical", "strict", "confluent"]


def diff_(
    old: str,
    new: str,
    /,
    *,
    mode: Mode = "full",
    policy: Policy = "practical",
    common: Common = Common(),  # noqa: B008  a frozen value
) -> Exit:
    """Tell what differs between two versions, and whom each change breaks.

    Each break is shown by a document that one side may write and the other
    refuses. Ends with 1 where the mode asks for something that is broken, or
    that could not be decided. Files need no project.

    Example: trunkline contract diff order@1.0.0 contracts/order.odcs.yaml --mode backward

    Parameters
    ----------
    old
        A contract (ODCS, YAML), a JSON Schema (JSON or YAML), an Avro schema (.avsc), or a registered
        version such as order@1.0.0.
    new
        The version after it.
    mode
        What the new version owes: "backward" (its readers can read what the old
        one's producers write), "forward" (the other way round) or both.
    policy
        "practical": producers write the fields they know, readers ignore those
        they do not. "strict": every document that either schema allows counts.
        "confluent": as Confluent's Schema Registry judges.
    """
    from trunkline.app.comparing import comparison  # noqa: PLC0415  --help must not pay for it

    found = comparison(common.folder_if_any, old, new, mode, policy)
    if common.json:
        output.document(found)
    else:
        _print(found, mode)
        output.say(f"{found.old} to {found.new}: {mode} {found.effect} ({policy}).")
    return Exit.OK if found.effect == "compatible" else Exit.FOUND


def _print(found: Comparison, mode: Mode) -> None:
    if not found.changes:
        output.say("No difference.")
        return
    output.table(
        ("place", "change", "backward", "forward"),
        [(one.pointer or "(whole)", one.kind, one.backward, one.forward) for one in found.changes],
        [one.detail for one in found.changes],
    )
    output.say("")
    for change in found.changes:
        _print_examples(change, mode)


def _print_examples(change: Change, mode: Mode) -> None:
    from trunkline.contracts.compat.modes import directions  # noqa: PLC0415  --help must not pay for it

    for direction in directions(mode):
        example = change.example(direction)
        if unshown := change.unshown(direction):
            output.say(f"{change.pointer or '(whole)'}, {direction}: {unshown}")
        if example is not None:
            writer, reader = ("old", "new") if direction == "backward" else ("new", "old")
            output.say(
                f"{change.pointer or '(whole)'}: the {writer} side may write, the {reader} one refuses"
            )
            output.record(example.document)
