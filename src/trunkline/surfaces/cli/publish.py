"""``trunkline publish``: records into a stream, by the same way every arrival takes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

from cyclopts import Parameter

from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, loaded
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.connectors.source import Receipt


def publish(
    stream: str,
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)] = Path("-"),
    identity: Literal["contract", "line"] = "contract",
) -> Exit:
    """Put records into a stream: a JSON document, an array of them, or JSON Lines.

    Each record is checked against the contract, deduplicated and stored before
    the command ends; what is refused goes to quarantine. Where the project runs,
    the running process takes them. Ends with 1 where a record was refused.

    Example: trunkline publish order --file orders.jsonl

    Parameters
    ----------
    stream
        The stream, with its major version where there are several: order, order@1.
    file
        The file to read; - is standard input.
    identity
        What makes a record a repetition: the contract's idempotency key, or the file's content and line.
    """
    try:
        if str(file) == "-":
            return _publish(common, stream, sys.stdin.buffer, "standard input", identity)
        with file.open("rb") as opened:
            return _publish(common, stream, opened, file.name, identity)
    except OSError as error:
        raise TrunklineError(f"{file} cannot be read: {error.strerror}") from None


def _publish(common: Common, stream: str, source: BinaryIO, name: str, identity: str) -> Exit:
    from trunkline.app.acts import Publish, hands  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.publishing import acts  # noqa: PLC0415  as above

    counts: Counter[str] = Counter()
    project, machine = loaded(common)

    async def work() -> None:
        with output.progress(f"publishing {name}", _left(source)) as advance:
            async with hands(project, machine, Publish.role) as them:
                for act, size in acts(stream, source, name, by_line=identity == "line"):
                    receipts = await them.do(act)
                    _tell(receipts, act.places, as_json=common.json)
                    counts.update(one.status for one in receipts)
                    advance(size)

    asyncio.run(work())
    if not common.json:
        told = ", ".join(f"{counts[status]:,} {status}" for status in ("accepted", "duplicate", "refused"))
        output.say(f"{told}.")
    return Exit.FOUND if counts["refused"] else Exit.OK


def _left(source: BinaryIO) -> int | None:
    """Return how many bytes there are to read, or None where only reading will tell."""
    if not source.seekable():
        return None
    here = source.tell()
    end = source.seek(0, os.SEEK_END)
    source.seek(here)
    return end - here


def _tell(receipts: list[Receipt], places: list[str], *, as_json: bool) -> None:
    for receipt, place in zip(receipts, places, strict=True):
        if as_json:
            output.document(receipt)
        elif receipt.status == "refused":
            output.complain(f"{place}: {'; '.join(receipt.reasons)}")
