"""What the gate asks about records: classified, kept as the law asks, versioned, and each known again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from trunkline.app.folder import MAIN_FILE
from trunkline.app.gate.values import Answer, Case
from trunkline.app.quantities import days_of
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.connectors.mapping.mapping import compile_mapping
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import pointer_of
from trunkline.contracts.violations import Violation
from trunkline.kernel.errors import TrunklineError

_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
"""https://semver.org, without a leading zero."""

_SHOWN = 5


def classified(case: Case) -> Answer:
    """Ask whether every field says what it is: personal, internal, public, or as its object says."""
    found = {one: _unclassified(one) for one in case.contracts}
    missing = {one: names for one, names in found.items() if names}
    if missing:
        shown = "; ".join(
            f"{one.ref}: {_some(names)} without classification" for one, names in missing.items()
        )
        files = " and ".join(one.place.file for one in missing)
        do = f"write classification on each field, or a property classification for all others, in {files}"
        return Answer(shown, do)
    counts = {one.ref: sum(field.personal for field in one.fields) for one in case.contracts}
    return Answer("; ".join(f"{ref}: {count} personal" for ref, count in counts.items()))


def dutiful(case: Case) -> Answer:
    """Ask, where fields are about people, for how long and on what ground they are held."""
    about = [one for one in case.contracts if any(field.about_person for field in one.fields)]
    wants = {one: list(_duties_missing(one)) for one in about}
    missing = {one: duties for one, duties in wants.items() if duties}
    if missing:
        shown = "; ".join(f"{one.ref} says no {' and no '.join(duties)}" for one, duties in missing.items())
        files = " and ".join(one.place.file for one in missing)
        do = f"write slaProperties retention and the property legalBasis, as far as missing, in {files}"
        return Answer(shown, do)
    return Answer(
        "; ".join(f"{one.ref}: {one.about.retention}, {one.about.legal_basis}" for one in about)
        or "nothing is about people"
    )


def let_go(case: Case) -> Answer:
    """Ask, where the stream is about people, whether the store lets go of it when its contract says."""
    contract, days = case.flow.contract, case.project.settings.store.retention.days
    stated = contract.about.retention
    if not any(field.about_person for field in contract.fields) or not stated:
        return Answer("nothing that the store keeps is about people and has a time of its own")
    most, ref = days_of(stated), contract.ref
    if most is None:
        do = f"write retention in {contract.place.file} as a number with the unit d, w, mo or y"
        return Answer(f"{ref} may be kept for {stated}, which is no number of days", do)
    if days is None or days > most:
        keeps = "without an end" if days is None else f"for {days:g} days"
        do = f"write store: {{retention: {{days: {most:g}}}}} in {MAIN_FILE}, or less"
        return Answer(f"{ref} may be kept for {stated}, and the store keeps it {keeps}", do)
    return Answer(f"{ref} may be kept for {stated}, and the store lets go of it after {days:g} days")


def versioned(case: Case) -> Answer:
    """Ask whether both contracts have a semantic version; a mode that there is not is a fault of its file."""
    wrong = [one for one in case.contracts if not _SEMANTIC.fullmatch(one.version)]
    if wrong:
        shown = "; ".join(f'{one.ref}: "{one.version}" is no semantic version' for one in wrong)
        files = " and ".join(dict.fromkeys(one.place.file for one in wrong))
        return Answer(shown, f"write a version such as 1.2.0 in {files}")
    modes = (f"{one.ref} {one.promise.mode} ({one.promise.policy})" for one in case.contracts)
    return Answer("; ".join(modes))


def filled(case: Case) -> Answer:
    """Ask whether the target's fields take the constants that the mapping gives them."""
    fields = case.flow.settings.map
    if fields is None:
        return Answer(case.flow.settings.python or "records go as they are")
    wrong = list(_refused_constants(case, fields))
    if wrong:
        names = " and ".join(one.pointer[1:].replace("/", ".") for one in wrong)
        do = f"say under map in {case.flow.file} where {names} comes from"
        return Answer("; ".join(f"{one.pointer[1:]} {one.message}" for one in wrong), do)
    return Answer(f"{len(fields)} fields")


def _refused_constants(case: Case, fields: Mapping[str, str]) -> Iterator[Violation]:
    """Yield what the target's contract says against the fields that are given without reading any."""
    constants = {name: text for name, text in fields.items() if not case.flow.mapping.lineage[name]}
    try:
        record = compile_mapping(constants)({}) if constants else {}
    except TrunklineError:
        return  # it needs an event
    given = tuple(pointer_of(tuple(name.split("."))) for name in constants)
    for one in case.flow.target.contract.check(record):
        if one.pointer in given:
            yield one


def known_again(case: Case) -> Answer:
    """Ask by what a repetition is known: the contract's idempotency key, or its primary key.

    Whoever waits for an answer gives a key of his own with each request, and is refused without one.
    """
    contract, target = case.flow.contract, case.flow.target
    key, entity = ", ".join(contract.roles.get("idempotencyKey", ())), ", ".join(contract.primary_key)
    asked = bool(case.sources) and all(SOURCES[one.via].replies for one in case.sources)
    if not key and not entity and not asked:
        do = f"name idempotencyKey among the customProperties, or a primaryKey, in {contract.place.file}"
        return Answer(f"{contract.ref} names no idempotency key and no primary key", do)
    arrivals = f"arrivals by {key or 'the id their sender gives'}" + (
        f", records by {entity}" if entity else ""
    )
    return Answer(f"{arrivals}; {_on_delivery(target.via, target.settings)}")


def _on_delivery(via: str, settings: object) -> str:
    again = TARGETS[via].repeats(settings)
    if via == "http":
        return "each request carries one Idempotency-Key" + (f" ({again})" if again else "")
    return "each event counts once in the target's transaction"


def _unclassified(contract: Contract) -> list[str]:
    """Return the fields that say nothing; of an object that does, nothing below it has to."""
    return [
        ".".join(part for part in field.path if part != "-")
        for field in contract.fields
        if not field.classification
        and (field.kind not in ("object", "array") or not _has_members(contract, field.path))
    ]


def _has_members(contract: Contract, path: tuple[str, ...]) -> bool:
    return any(len(one.path) > len(path) and one.path[: len(path)] == path for one in contract.fields)


def _duties_missing(contract: Contract) -> list[str]:
    said = {"retention": contract.about.retention, "legalBasis": contract.about.legal_basis}
    return [name for name, value in said.items() if not value]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
