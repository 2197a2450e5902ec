"""``trunkline catalogue``: what there is, whose it is, and where personal data goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common

if TYPE_CHECKING:
    from trunkline.app.catalogue import Catalogue


def catalogue(*, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """Tell which systems, contracts and flows there are, whose they are, and where personal data goes.

    It reads the files alone: nothing is run. Personal data that a Python mapping
    may send stands under "perhaps", because a function cannot be seen through.

    Example: trunkline catalogue --project shop
    """
    from trunkline.app.catalogue import catalogue as use_case  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    found = use_case(Project.load(common.folder))
    if common.json:
        output.document(found)
    else:
        _print(found)


def _print(found: Catalogue) -> None:
    _part(
        ("system", "title", "kind", "owner", "data owner", "contact"),
        [
            (one.system, one.title, one.kind, one.owner.team, one.data_owner.team, one.data_owner.contact)
            for one in found.systems
        ],
    )
    _part(
        ("contract", "version", "owner", "status", "personal", "retention", "legal basis"),
        [
            (one.stream, one.version, one.owner, one.status, one.personal, one.retention, one.legal_basis)
            for one in found.contracts
        ],
    )
    _part(
        ("flow", "from", "stream", "to", "draft"),
        [
            (one.flow, ", ".join(one.sources), one.stream, one.target, "draft" if one.draft else "")
            for one in found.flows
        ],
    )
    _part(
        ("personal", "of", "from", "to", "perhaps"),
        [
            (one.field, one.stream, ", ".join(one.sources), ", ".join(one.targets), ", ".join(one.perhaps))
            for one in found.personal
        ],
    )
    for circle in found.circles:
        output.say(f"Circle: {' -> '.join(circle)}")
    links, ends = found.links.pairs, found.links.ends
    output.say(f"{links} pair{'' if links == 1 else 's'} of systems joined by {ends} sources and targets.")


def _part(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        output.table(columns, rows)
        output.say("")
