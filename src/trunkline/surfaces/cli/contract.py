"""``trunkline contract``: versions of contracts, and what a change of one does to whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.contracts.compat.difference import Change, Difference

Mode = Literal["backward", "forward", "full"]
Policy = Literal["practical", "strict"]


def diff_(
    old: Path,
    new: Path,
    /,
    *,
    mode: Mode = "full",
    policy: Policy = "practical",
    common: Common = Common(),  # noqa: B008  a frozen value
) -> Exit:
    """Tell what differs between two versions, and whom each change breaks.

    Each break is shown by a document that one side may write and the other
    refuses. Ends with 1 where the mode asks for something that is broken, or
    that could not be decided. No project is needed.

    Example: trunkline contract diff old.odcs.yaml new.odcs.yaml --mode backward

    Parameters
    ----------
    old
        A contract (ODCS, YAML) or a JSON Schema (JSON or YAML).
    new
        The version after it.
    mode
        What the new version owes: "backward" (its readers can read what the old
        one's producers write), "forward" (the other way round) or both.
    policy
        "practical": producers write the fields they know, readers ignore those
        they do not. "strict": every document that either schema allows counts.
    """
    from trunkline.contracts.compat import modes  # noqa: PLC0415  --help must not pay for it
    from trunkline.contracts.compat.documents import compared, load_schema  # noqa: PLC0415  as above

    before, after = load_schema(old), load_schema(new)
    found = compared(before, after, policy)
    effect = modes.effect(mode, [found])
    if common.json:
        about = {"old": before.name, "new": after.name, "mode": mode, "effect": effect}
        output.document(about | msgspec.structs.asdict(found))
    else:
        _print(found, mode)
        output.say(f"{before.name} to {after.name}: {mode} {effect} ({policy}).")
    return Exit.OK if effect == "compatible" else Exit.FOUND


def _print(found: Difference, mode: Mode) -> None:
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
        example = change.backward_example if direction == "backward" else change.forward_example
        if example is not None:
            writer, reader = ("old", "new") if direction == "backward" else ("new", "old")
            output.say(
                f"{change.pointer or '(whole)'}: the {writer} side may write, the {reader} one refuses"
            )
            output.record(example.document)
