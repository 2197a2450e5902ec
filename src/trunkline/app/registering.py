"""The use-cases behind ``trunkline contract`` and ``/api/v1/contracts``: registering, and steps in a life.

All of it works on the files of the folder alone, whether the project runs or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from trunkline.app.casts import Casts
from trunkline.app.folder import read_contracts
from trunkline.app.reading import read
from trunkline.app.versions import registry_of, using
from trunkline.contracts.contract import Contract, load_all
from trunkline.contracts.registry import acts
from trunkline.contracts.registry.acts import Who
from trunkline.contracts.registry.content import candidate_of, shape_of_version
from trunkline.contracts.registry.port import Registry
from trunkline.contracts.registry.rules import Outcome, Step, Verdict, judge
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import ActName, Settings, State, Version
from trunkline.kernel.clock import Clock, to_rfc3339
from trunkline.kernel.errors import ProjectError, TrunklineError, UsageError
from trunkline.kernel.faults import did_you_mean


class VersionView(msgspec.Struct, frozen=True):
    """A registered version as it is shown; times are RFC 3339, ``id`` and ``digest`` are of its content."""

    subject: str
    version: str
    state: State
    number: int
    id: int
    digest: str
    kind: str
    author: str
    at: str
    reason: str
    since: str
    because: str
    sunset: str | None


class ActView(msgspec.Struct, frozen=True):
    """One thing that was done to a version, or ``set`` for its whole subject: ``compatibility full``."""

    act: ActName
    at: str
    by: str
    why: str
    sunset: str | None
    set: str = ""


class Detail(msgspec.Struct, frozen=True):
    """A registered version with everything that was done to it, and its text where it was asked for."""

    version: VersionView
    acts: list[ActView]
    text: str | None = None


class Registered(msgspec.Struct, frozen=True):
    """What came of registering a contract.

    ``reasons`` are all that is against a refused one, ``least`` is the smallest version it could be.
    """

    contract: str
    version: str
    file: str
    outcome: Outcome
    least: str
    reasons: tuple[str, ...] = ()


async def register(
    folder: Path, chosen: Sequence[str], who: Who, clock: Clock, *, dry_run: bool = False
) -> list[Registered]:
    """Register the chosen contracts, all without a choice; where one is refused, none is registered.

    Raises ``ProjectError`` where a chosen file is faulty or casts what does not fit, ``UsageError`` for what
    is no contract.
    """
    return await _register(registry_of(folder), *_chosen(folder, chosen), who, clock, dry_run=dry_run)


async def register_text(
    folder: Path, text: str, who: Who, clock: Clock, *, dry_run: bool = False
) -> list[Registered]:
    """Register the contracts that a text describes, as ``register`` does those of the folder.

    Raises ``ProjectError`` where it is faulty or casts what does not fit.
    """
    there, _ = read_contracts(folder)
    return await _register(registry_of(folder), load_all(text, "text"), there, who, clock, dry_run=dry_run)


async def _register(
    registry: Registry,
    contracts: Sequence[Contract],
    there: Sequence[Contract],
    who: Who,
    clock: Clock,
    *,
    dry_run: bool,
) -> list[Registered]:
    """Register contracts whose casts fit those that are ``there``, in the folder, and each other."""
    by_stream = {one.stream: one for one in (*there, *contracts)}
    files = {one.place.file for one in contracts}
    wrong = [fault for fault in Casts(by_stream).faults if fault.place.file in files]
    found = []
    for one in contracts:
        verdict = judge(await registry.subject(one.name), candidate_of(one), shape_of_version)
        found.append(_registered(one, verdict))
        if verdict.outcome == "new" and one.cast is not None and one.cast.before not in by_stream:
            wrong.append(
                one.cast.fault(("before",), f"no contract {one.cast.before}", "its file in contracts/")
            )
    if wrong:
        raise ProjectError(sorted(set(wrong)))
    if dry_run or any(one.outcome == "refused" for one in found):
        return found
    verdicts = [(one, await acts.register(registry, one, who, clock)) for one in contracts]
    return [_registered(one, verdict) for one, verdict in verdicts]


async def versions(folder: Path, names: Sequence[str] = ()) -> list[VersionView]:
    """Return every registered version, or those of some subjects, the highest first."""
    registry = registry_of(folder)
    subjects = [await registry.subject(name) for name in names or await registry.subjects()]
    return [
        _view(one)
        for subject in subjects
        for one in sorted(subject.versions, key=lambda one: one.semantic, reverse=True)
    ]


async def show(folder: Path, ref: str, *, with_text: bool = False) -> Detail:
    """Return a version called ``name@version``, or the latest of ``name``, with its acts."""
    registry = registry_of(folder)
    subject, version = await acts.find(registry, ref)
    done = [
        ActView(one.act, to_rfc3339(one.at), one.by, one.why, _time(one.sunset), _set(one.settings))
        for one in await registry.history(subject.name)
        if one.version in ("", version.version)
    ]
    return Detail(_view(version), done, version.content.text if with_text else None)


async def step(folder: Path, asked: Step, who: Who, clock: Clock) -> VersionView:
    """Activate, deprecate or retire a version; raises ``TrunklineError`` with what is against it."""

    def unused(version: Version) -> None:
        if asked.act == "retire":
            _require_unused(folder, version)

    return _view(await acts.take(registry_of(folder), asked, who, clock, unused))


def _require_unused(folder: Path, version: Version) -> None:
    project, faults = read(folder)
    if project is None:
        raise ProjectError(sorted(set(faults)))
    used_by = list(using(project, version))
    if used_by:
        raise TrunklineError(
            f"{version.ref} is in use by {', '.join(used_by)}, whose contract file has no other version: "
            "move them to another one first"
        )


def _chosen(folder: Path, chosen: Sequence[str]) -> tuple[list[Contract], list[Contract]]:
    """Return the chosen contracts, and all that there are."""
    contracts, faults = read_contracts(folder)
    if not chosen:
        if faults:
            raise ProjectError(sorted(set(faults)))
        return contracts, contracts
    found: dict[str, Contract] = {}
    for word in chosen:
        files = {_file(folder, Path(word)), _file(folder, folder / word)}
        wrong = [fault for fault in faults if fault.place.file in files]
        if wrong:
            raise ProjectError(sorted(set(wrong)))
        named = [one for one in contracts if word in (one.name, one.stream) or one.place.file in files]
        if not named:
            raise _unknown(word, contracts, faulty=bool(faults))
        found |= {one.stream: one for one in named}
    return list(found.values()), contracts


def _file(folder: Path, path: Path) -> str:
    """Return a path as faults name it: within the project folder where it is there."""
    path = path.absolute()
    return str(path.relative_to(folder.absolute())) if path.is_relative_to(folder.absolute()) else str(path)


def _unknown(word: str, contracts: Sequence[Contract], *, faulty: bool) -> UsageError:
    names = [name for one in contracts for name in (one.name, one.place.file)]
    hint = did_you_mean(word, names) or "see trunkline check"
    because = ", or its file has a fault that trunkline check names" if faulty else ""
    return UsageError(f'there is no contract or contract file "{word}"{because}; {hint}')


def _registered(contract: Contract, verdict: Verdict) -> Registered:
    version = str(semver(contract.version))
    file = contract.place.file
    return Registered(contract.name, version, file, verdict.outcome, verdict.least, verdict.reasons)


def _view(one: Version) -> VersionView:
    return VersionView(
        one.subject,
        one.version,
        one.state,
        one.number,
        one.content.id,
        one.content.digest,
        one.content.kind,
        one.author,
        to_rfc3339(one.at),
        one.reason,
        to_rfc3339(one.since),
        one.because,
        _time(one.sunset),
    )


def _set(settings: Settings | None) -> str:
    """Say in words what a configuration sets."""
    if settings is None:
        return ""
    access, mode = settings.access or "as for all", settings.compatibility or "as for all"
    return f"compatibility {mode}, access {access}"


def _time(instant: int | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
