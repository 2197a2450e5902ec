"""``trunkline check``: what a project holds, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit
from trunkline.surfaces.cli.gate import lines

if TYPE_CHECKING:
    from trunkline.app.check import Report


def check(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    flow: str = "",
    report: Path | None = None,
) -> Exit:
    """Read every file of a project, tell everything that is wrong, and ask the gate of every flow.

    Every fault names its file, line and column, what was expected, and the near
    miss. Nothing is run and no secret is needed, so it is a gate for a pull
    request; where the secrets file or the key is there, others must not be able
    to read it. Where contracts are registered, each is held against its
    earlier versions. The gate has a rule a line for each flow: owners, classified
    fields, secrets, retries and so on, and what to do where one does not pass.
    Ends with 1 where there is a fault, or a flow that is no draft is refused; a
    note is neither.

    Example: trunkline check --project shop --report gate.md

    Parameters
    ----------
    flow
        Show the gate of this flow only.
    report
        Write the gate of every flow to this file as Markdown, for a change request.
    """
    from trunkline.app.check import check as use_case  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.project import unknown  # noqa: PLC0415  as above

    found = use_case(common.folder)
    if flow and flow not in {one.flow for one in found.gate}:
        raise unknown("flow", flow, [one.flow for one in found.gate])
    if report is not None:
        _write(report, found)
    if common.json:
        output.document(found)
    else:
        _print(found, flow)
    return Exit.OK if found.passes else Exit.FOUND


def _write(file: Path, found: Report) -> None:
    from trunkline.app.gate.report import markdown  # noqa: PLC0415  as above

    try:
        file.write_text(markdown(found.project, found.gate, found.faults), "utf-8")
    except OSError as error:
        raise TrunklineError(f"{file} cannot be written: {error.strerror}") from None


_MISSING = "What the faults below are about is missing here, so the gate may ask for what is there."


def _print(report: Report, flow: str) -> None:
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
    if report.faults and report.gate:
        output.say(f"{_MISSING}\n")
    for verdict in report.gate:
        if flow in ("", verdict.flow):
            for line in lines(verdict, output.width()):
                output.say(line)
            output.say("")
    for note in report.notes:
        output.say(f"note: {note}")
    for fault in report.faults:
        output.say(str(fault))
    count = len(report.faults)
    refused = [one.flow for one in report.gate if not one.passes and not one.draft]
    told = f"{count} fault{'' if count == 1 else 's'}" if count else "No faults"
    output.say(f"{told} in the files; the gate refuses {', '.join(refused)}." if refused else f"{told}.")


def _part(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        output.table(columns, rows)
        output.say("")
