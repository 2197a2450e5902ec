"""``trunkline check``: what a project holds, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.check import Report


def check(*, common: Common = Common()) -> Exit:  # noqa: B008  a frozen value
    """Read every file of a project and tell what it holds and everything that is wrong with it.

    Every fault names its file, line and column, what was expected, and the near
    miss. Nothing is run and no secret is needed, so it is a gate for a pull
    request; where the secrets file or the key is there, others must not be able
    to read it. Where contracts are registered, each is held against its
    earlier versions. Ends with 1 where there is a fault; a note is none.

    Example: trunkline check --project shop --json
    """
    from trunkline.app.check import check as use_case  # noqa: PLC0415  --help must not pay for it

    report = use_case(common.folder)
    if common.json:
        output.document(report)
    else:
        _print(report)
    return Exit.FOUND if report.faults else Exit.OK


def _print(report: Report) -> None:
    output.say(f"Project {report.project or '(unnamed)'} in {report.folder}")
    _part(
        ("contract", "version", "fields", "personal", "key"),
        [
            (one.stream, one.version, one.fields, one.personal, ", ".join(one.key) or None)
            for one in report.contracts
        ],
    )
    _part(("source", "via", "stream", "where"), [msgspec.structs.astuple(one) for one in report.sources])
    _part(("target", "via", "contract", "where"), [msgspec.structs.astuple(one) for one in report.targets])
    _part(
        ("flow", "stream", "target", "mapping", "delivery"),
        [msgspec.structs.astuple(one)[:5] for one in report.flows],
    )
    for note in report.notes:
        output.say(f"note: {note}")
    for fault in report.faults:
        output.say(str(fault))
    count = len(report.faults)
    output.say(f"{count} fault{'' if count == 1 else 's'}." if count else "No faults.")


def _part(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        output.table(columns, rows)
        output.say("")
