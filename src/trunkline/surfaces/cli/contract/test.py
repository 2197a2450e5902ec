"""``trunkline contract test``: both sides of every contract, for a person and for any CI."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import instant
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.testing.result import Result
    from trunkline.app.testing.suite import Asked

Sides = Literal["producer", "consumer", "openapi"]

LAST = 10_000
DOCUMENTS = 300

_WORDS = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Records:
    """Which records a contract is held against."""

    records: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """Files of records (JSON, JSON Lines, CSV, each also .gz) instead of the recorded events."""

    since: str = ""
    """Only events accepted at or after this time, such as 2026-03-01T08:00:00Z."""

    last: int = LAST
    """How many of a stream's latest events to look at."""


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Generated:
    """Which documents flows and targets are tried on."""

    documents: int = DOCUMENTS
    """How many documents to generate for each flow and target, at most."""

    seed: int = 0
    """Decides about the mixtures among them; the same seed gives the same documents."""


def run_tests(
    *names: str,
    only: tuple[Sides, ...] = (),
    candidate: str = "",
    spec: Path | None = None,
    junit: Path | None = None,
    recorded: Records = Records(),
    generated: Generated = Generated(),
    common: Common = Common(),  # noqa: B008  a frozen value
) -> Exit:
    """Test contracts from both sides: what came, what flows make of it, and what targets say they take.

    Producer: the last events of each stream, or records in files, are held against
    the contract. Consumer: the mapping of each flow is run on generated documents,
    edge cases first, and what it makes is held against its target's contract.
    OpenAPI: the requests of each HTTP target are held against the file that its
    system publishes. Nothing is sent, stored or fetched. Ends with 1 where a case
    fails; what cannot be tested is skipped with the reason.

    Example: trunkline contract test --candidate contracts/order.odcs.yaml --junit contracts.xml

    Parameters
    ----------
    names
        Only these contracts (also by file), flows and targets. A contract stands for the flows and targets
        that its records pass, too.
    only
        Only this side: "producer", "consumer" or "openapi"; may be given again.
    candidate
        A contract file, or a registered version such as order@1.1.0, to try in the place of the project's
        contract of its name.
    spec
        An OpenAPI file in place of those that the systems name.
    junit
        Write the results to this file as JUnit XML.
    """
    import asyncio  # noqa: PLC0415  --help must not pay for it
    import os  # noqa: PLC0415  as above

    from trunkline.app.backbone import this_machine  # noqa: PLC0415  as above
    from trunkline.app.project import Project  # noqa: PLC0415  as above
    from trunkline.app.testing.result import SIDES  # noqa: PLC0415  as above
    from trunkline.app.testing.suite import Asked, contract_tests, selected  # noqa: PLC0415  as above

    if min(recorded.last, generated.documents) < 1:
        raise UsageError("--last and --documents are at least 1")
    since = instant(recorded.since)
    asked = Asked(
        names,
        only or SIDES,
        candidate,
        recorded.records,
        recorded.last,
        since,
        generated.documents,
        generated.seed,
        spec,
    )
    folder = common.folder_if_any
    project = Project.load(folder) if folder else None
    machine = this_machine(os.environ)
    selection = selected(project, asked)
    began = machine.clock.now()
    results = asyncio.run(contract_tests(project, selection, machine, asked))
    if not results:
        output.complain("Nothing that was asked for has such a side: nothing was tested.")
    if junit is not None:
        _write(junit, results, asked, began)
    for one in results if common.json else ():
        output.document(one)
    if not common.json:
        _show(results)
    return Exit.FOUND if any(one.outcome == "failed" for one in results) else Exit.OK


def _write(file: Path, results: Sequence[Result], asked: Asked, began: int) -> None:
    from trunkline.app.testing.junit import junit  # noqa: PLC0415  as above
    from trunkline.kernel.clock import to_rfc3339  # noqa: PLC0415  as above

    properties = {"seed": str(asked.seed), "documents": str(asked.documents), "candidate": asked.candidate}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(junit(results, properties, to_rfc3339(began)))
    except OSError as error:
        raise TrunklineError(f"{file} cannot be written: {error.strerror}") from None


def _show(results: Sequence[Result]) -> None:
    from trunkline.app.testing.junit import told  # noqa: PLC0415  as above

    if results:
        rows = [(_WORDS[one.outcome], one.side, one.name, one.summary) for one in results]
        output.table(("", "side", "case", "what came of it"), rows)
        output.say("")
    for one in results:
        for finding in one.findings:
            output.say(f"{one.side} {one.name}")
            for line in told(finding):
                output.say(f"  {line}")
            output.say("")
    outcomes = [one.outcome for one in results]
    counts = [f"{outcomes.count(word)} {word}" for word in ("passed", "failed", "skipped")]
    output.say(f"{', '.join(counts)}.")
