"""What the gate asks about people: who owns the data, who is catalogued as what, who is told."""

from __future__ import annotations

from collections.abc import Iterator

from trunkline.app.gate.values import Answer, Case
from trunkline.app.model import SystemFile

_NOBODY = frozenset({"", "-", "?", "n/a", "na", "nobody", "none", "tbd", "unknown", "todo", "xxx"})
"""What people write where they do not know yet."""


def owned(case: Case) -> Answer:
    """Ask who answers for the data: the contract's owner, else the data owner of each source's system."""
    if _is_named(case.flow.contract.owner):
        return Answer(f"{case.flow.contract.owner}, by {case.flow.contract.ref}")
    if not case.sources:
        do = f"name the team in {case.flow.contract.place.file} (team: {{name: ...}})"
        return Answer(f"no system publishes {case.flow.contract.stream} and its contract has no team", do)
    unowned = [one for one in case.source_systems if not _is_named(one.answering.team)]
    if unowned:
        do = "; ".join(f"name data_owner in {case.file_of(one)}" for one in unowned)
        return Answer(f"nobody answers for the data of {_names(unowned)}", do)
    owners = [f"{one.answering.team}, for {one.system}" for one in case.source_systems]
    return Answer("; ".join(owners))


def catalogued(case: Case) -> Answer:
    """Ask whether source and target are described: owner, title, kind."""
    gaps = [(one, list(_gaps(one))) for one in case.systems]
    missing = [(one, keys) for one, keys in gaps if keys]
    if missing:
        shown = "; ".join(f"{one.system} has no {' and no '.join(keys)}" for one, keys in missing)
        do = "; ".join(f"write {' and '.join(keys)} in {case.file_of(one)}" for one, keys in missing)
        return Answer(shown, do)
    source = " and ".join(f"{one.title} ({one.kind})" for one in case.source_systems) or "publish only"
    target = case.flow.target.system
    return Answer(f"{source} to {target.title} ({target.kind})")


def told(case: Case) -> Answer:
    """Ask who is told when the flow does not deliver: by which routes, else who has to look, the owners."""
    named = list(dict.fromkeys(to for alert in case.flow.settings.alerts for to in alert.to))
    named = named or list(case.project.settings.alerts.routes)
    contacts = dict.fromkeys(one.answering.contact for one in case.source_systems)
    contacts[case.flow.target.system.owner.contact] = None
    routes = [one for one in named or contacts if _is_named(one)]
    if not routes:
        files = " and ".join(case.file_of(one) for one in case.systems)
        do = f"write owner.contact in {files}, or a route under alerts in trunkline.yaml"
        return Answer(f"nobody can be told: {_names(case.systems)} have no contact", do)
    return Answer(", ".join(routes))


def _gaps(system: SystemFile) -> Iterator[str]:
    for key, value in (("owner.team", system.owner.team), ("title", system.title), ("kind", system.kind)):
        if not _is_named(value):
            yield key


def _is_named(text: str) -> bool:
    return text.strip().lower() not in _NOBODY


def _names(systems: list[SystemFile]) -> str:
    return " and ".join(one.system for one in systems)
