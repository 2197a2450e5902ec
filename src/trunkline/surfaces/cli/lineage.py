"""``trunkline lineage``: where a field goes, end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common

if TYPE_CHECKING:
    from trunkline.app.lineage import Reach, Way


def lineage(
    field_or_stream: str,
    field: str = "",
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
) -> None:
    """Tell where a field goes: its sources, its stream, each flow's mapping, its targets, and on from there.

    It reads the files alone. A Python mapping cannot be seen through, so all of its
    target is told as possible; so is a stream that the target's system publishes
    with a field of the same name.

    Example: trunkline lineage order@1 email

    Parameters
    ----------
    field_or_stream
        A dotted path such as customer.email, of any contract; or a stream, with the field after it.
    field
        The field of that stream.
    """
    from trunkline.app.lineage import lineage as use_case  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    project = Project.load(common.folder)
    ways = use_case(project, field, field_or_stream) if field else use_case(project, field_or_stream)
    if common.json:
        output.document(ways)
        return
    for way in ways:
        _print(way)


def _print(way: Way) -> None:
    masked = ", masked" if way.personal else ""
    output.say(f"{way.stream} {way.field} ({way.classification or 'not classified'}{masked})")
    if way.accepted_by:
        output.say(f"  what {', '.join(way.accepted_by)} accepts")
    if way.sources or not way.accepted_by:
        output.say(f"  from {', '.join(way.sources) or 'publish only'}")
    for reach in way.reaches:
        output.say(f"  {_said(reach)}")
    if not way.reaches:
        output.say("  reaches no target")
    for one in way.onward:
        output.say(f"  perhaps on from {one.target} as {one.stream} {one.field}")


def _said(reach: Reach) -> str:
    draft = " (a draft)" if reach.draft else ""
    if reach.how == "rule":
        return f"decides by when whether flow {reach.flow}{draft} passes an event on"
    word = "to" if reach.certain else "perhaps to"
    how = "a Python function" if reach.how == "python" else reach.how
    return f"{word} {reach.target} {', '.join(reach.fields)} by flow {reach.flow}{draft}, {how}"
