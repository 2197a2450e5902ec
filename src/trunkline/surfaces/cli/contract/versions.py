"""Commands of ``trunkline contract`` on the registry: the versions of contracts, and the life of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import me
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.registering import Registered, VersionView

_DONE = {"new": "registered", "known": "registered already", "refused": "refused"}


def list_(*names: str, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """List registered versions, the highest of each contract first.

    Example: trunkline contract list order

    Parameters
    ----------
    names
        Only these contracts.
    """
    import asyncio  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.registering import versions  # noqa: PLC0415  as above

    found = asyncio.run(versions(common.folder, names))
    if common.json:
        for one in found:
            output.document(one)
    elif found:
        output.table(
            ("contract", "version", "kind", "state", "since", "sunset", "registered", "by"),
            [
                (
                    one.subject,
                    one.version,
                    one.kind,
                    one.state,
                    one.since,
                    one.sunset,
                    one.at,
                    one.author,
                )
                for one in found
            ],
            [one.because for one in found],
        )
    else:
        output.complain("Nothing is registered: trunkline contract register --all --why ... begins.")


def show_(ref: str, /, *, text: bool = False, common: Common = Common()) -> None:  # noqa: B008  a frozen value
    """Show one registered version with everything that was done to it, or its text as it was registered.

    Example: trunkline contract show order@1.2.0 --text

    Parameters
    ----------
    ref
        The contract, and its version: order@1.2.0. Without one it is the latest.
    text
        Print its text, as it was registered.
    """
    import asyncio  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.registering import show  # noqa: PLC0415  as above

    found = asyncio.run(show(common.folder, ref, with_text=text))
    if common.json:
        output.document(found)
        return
    if found.text is not None:
        output.say(found.text.removesuffix("\n"))
        return
    one = found.version
    output.say(f"{one.subject}@{one.version} is {one.state}{f' until {one.sunset}' if one.sunset else ''}.")
    output.say(f"Its content is number {one.id}, {one.kind}, sha256:{one.digest}")
    output.table(
        ("act", "at", "by", "sunset"),
        [(act.act, act.at, act.by, act.sunset) for act in found.acts],
        [": ".join(filter(None, (act.set, act.why))) for act in found.acts],
    )


def register_(
    *contracts: str,
    common: Common = Common(),  # noqa: B008  a frozen value
    all_: Annotated[bool, Parameter(name="--all")] = False,
    why: str = "",
    by: str = "",
    dry_run: bool = False,
) -> Exit:
    """Make contracts registered versions, which never change again.

    Each is held against the versions that were registered before: what only
    describes may be a patch, what changes the shape has to be a new minor
    version, what breaks a new major one. Where one is refused, none is
    registered, and it ends with 1.

    Example: trunkline contract register order --why "delivery date, for the warehouse"

    Parameters
    ----------
    contracts
        Contract files, or names of contracts: contracts/order.odcs.yaml, order, order@1.
    all_
        Every contract of the project.
    why
        Why, for whoever asks later; it is kept with the version.
    by
        Who registers them; the user of this system without it.
    dry_run
        Tell what would come of it, and register nothing.
    """
    import asyncio  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.registering import register  # noqa: PLC0415  as above
    from trunkline.contracts.registry.acts import Who  # noqa: PLC0415  as above

    if bool(contracts) == all_:
        raise UsageError("say which contracts to register, by file or name, or --all; nothing was done")
    if not (why or dry_run):
        raise UsageError("say with --why what this is for: it is kept with the version; nothing was done")
    words = [str(Path(word)) for word in contracts]
    found = asyncio.run(register(common.folder, words, Who(by or me(), why), _clock(), dry_run=dry_run))
    refused = [one for one in found if one.outcome == "refused"]
    for one in found:
        if common.json:
            output.document(one)
        elif one in refused or not refused:
            _tell_registered(one, dry_run=dry_run)
    if refused and not common.json:
        output.say(f"{len(refused)} of {len(found)} refused; nothing was registered.")
    return Exit.FOUND if refused else Exit.OK


def _tell_registered(one: Registered, *, dry_run: bool) -> None:
    done = "could be registered" if dry_run and one.outcome == "new" else _DONE[one.outcome]
    output.say(f"{one.contract} {one.version}: {done}")
    for reason in one.reasons:
        output.say(f"  {reason}")
    if one.reasons and one.least:
        major = one.least.partition(".")[0]
        stream = f", which begins a stream of its own, {one.contract}@{major}"
        new = stream if major != one.version.partition(".")[0] else ""
        output.say(
            f"  In {one.file}, make it version {one.least} or a higher one{new}; or take the change back."
        )


def activate_(
    ref: str,
    /,
    *,
    why: str,
    by: str = "",
    common: Common = Common(),  # noqa: B008  a frozen value
) -> None:
    """Put a draft into use, or take a deprecation back.

    Example: trunkline contract activate order@1.3.0 --why "the shop sends it now"

    Parameters
    ----------
    ref
        The version: order@1.3.0.
    why
        Why, for whoever asks later.
    by
        Who does it; the user of this system without it.
    """
    from trunkline.contracts.registry.rules import Step  # noqa: PLC0415  --help must not pay for it

    _take(common, Step("activate", ref), by, why)


def deprecate_(
    ref: str,
    /,
    *,
    sunset: str,
    why: str,
    by: str = "",
    common: Common = Common(),  # noqa: B008  a frozen value
) -> None:
    """Say until when a version may be used; again, to say another time.

    Until then whoever uses it is listed by check and by the log of run; after it
    run does not start with it.

    Example: trunkline contract deprecate order@1.2.0 --sunset 2027-06-30 --why "2.0.0 has taken its place"

    Parameters
    ----------
    ref
        The version: order@1.2.0.
    sunset
        When it ends: a date, or a time such as 2027-06-30T18:00:00Z.
    why
        Why, and what to use instead.
    by
        Who does it; the user of this system without it.
    """
    from trunkline.contracts.registry.rules import Step  # noqa: PLC0415  --help must not pay for it
    from trunkline.kernel.clock import from_rfc3339  # noqa: PLC0415  as above

    try:
        until = from_rfc3339(sunset)
    except ValueError:
        raise UsageError(f'"{sunset}" is no time: write 2027-06-30 or 2027-06-30T18:00:00Z') from None
    _take(common, Step("deprecate", ref, until), by, why)


def retire_(
    ref: str,
    /,
    *,
    why: str,
    now: bool = False,
    by: str = "",
    common: Common = Common(),  # noqa: B008  a frozen value
) -> None:
    """End a version for good, after its sunset and once no source or flow of the project uses it.

    Example: trunkline contract retire order@1.2.0 --why "all senders have moved"

    Parameters
    ----------
    ref
        The version: order@1.2.0.
    why
        Why, for whoever asks later.
    now
        Before its sunset, or without one.
    by
        Who does it; the user of this system without it.
    """
    from trunkline.contracts.registry.rules import Step  # noqa: PLC0415  --help must not pay for it

    _take(common, Step("retire", ref, at_once=now), by, why)


def _take(common: Common, asked: Any, by: str, why: str) -> None:
    import asyncio  # noqa: PLC0415  --help must not pay for it

    from trunkline.app.registering import step  # noqa: PLC0415  as above
    from trunkline.contracts.registry.acts import Who  # noqa: PLC0415  as above

    one: VersionView = asyncio.run(step(common.folder, asked, Who(by or me(), why), _clock()))
    if common.json:
        output.document(one)
    else:
        until = f" until {one.sunset}" if one.state == "deprecated" else ""
        output.say(f"{one.subject}@{one.version} is {one.state}{until}.")


def _clock() -> Any:
    from trunkline.kernel.clock import SystemClock  # noqa: PLC0415  --help must not pay for it

    return SystemClock()
