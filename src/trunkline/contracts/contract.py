"""A contract: what one kind of record may look like, compiled from an Open Data Contract Standard file.

Intake checks and reads every record by it, targets are made to fit its fields, and the catalogue shows it.
``docs/reference/contracts.md`` says how each part of the standard is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from trunkline.contracts.document import Document
from trunkline.contracts.field import Field
from trunkline.contracts.keys import reader
from trunkline.contracts.leaves import validator_of
from trunkline.contracts.naming import Named, Readers, named_by
from trunkline.contracts.odcs import Element, Tokens
from trunkline.contracts.quick import Quick
from trunkline.contracts.shapes import Shapes
from trunkline.contracts.standard import modern, odcs_faults
from trunkline.contracts.texts import Texts
from trunkline.contracts.verdict import quickened
from trunkline.contracts.violations import NOT_JSON, Violation, violations_of
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

__all__ = ["Contract", "Field", "Violation", "load", "load_all"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VERSION = re.compile(r"v?([0-9]+)(?:\.[0-9]+)*(?:[-+].*)?")
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


class ServiceLevel(msgspec.Struct, frozen=True):
    """What is promised of the data, one entry of ``slaProperties``: ``freshness``, ``15``, ``minutes``.

    ``element`` is the field it is about, where it is about one; ``driver`` why it matters.
    """

    property: str
    value: str
    unit: str = ""
    element: str = ""
    driver: str = ""
    schedule: str = ""
    description: str = ""


class About(msgspec.Struct, frozen=True):
    """What the catalogue shows of a contract and nothing is computed from."""

    id: str = ""
    status: str = ""
    title: str = ""
    description: str = ""
    domain: str = ""
    data_product: str = ""
    owner: str = ""
    team: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    usage: str = ""
    limitations: str = ""
    service_levels: tuple[ServiceLevel, ...] = ()


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a record is called: entity key and identity (empty without one), event time in microseconds."""

    entity_key: str
    identity: str
    event_time: int | None


class Contract:
    """One kind of record. Immutable; made by ``load`` and ``load_all``.

    ``name`` and ``version`` are the file's; ``ref`` is ``name@version`` and ``stream`` is ``name@major``.
    ``schema`` is JSON Schema 2020-12, ``fields`` stand in the order of the file, ``primary_key`` holds
    dotted paths in key order, ``roles`` those of every field that has one by what names it, ``is_versioned``
    tells whether it names the field that grows with each state, ``place`` is where the object stands in its
    file. ``quick_depth`` is how deep a record may be nested that ``quick`` takes.
    """

    def __init__(
        self, name: str, version: str, about: About, shapes: Shapes, named: Named, place: Place
    ) -> None:
        self.name = name
        self.version = version
        self.ref = f"{name}@{version}"
        self.stream = f"{name}@{_major(version)}"
        self.about = about
        self.title = about.title
        self.description = about.description
        self.owner = about.owner
        self.place = place
        self.schema = {"$schema": _DIALECT, "title": self.ref, **shapes.schema}
        self.fields: tuple[Field, ...] = tuple(shapes.fields)
        self.primary_key = tuple(".".join(path) for path in named.primary_key)
        self.roles = named.roles
        self.is_versioned = named.version is not None
        self._readers = Readers(named, reader)
        self._texts = Texts(shapes.fields)
        self._validator = validator_of(self.schema, shapes.notes.formats)
        self._is_valid = _verdict(self.schema, shapes)
        way = Quick(self.schema, shapes.notes)
        self.quick_depth = way.depth
        self._quick = way.decode
        self._quick_readers = Readers(named, way.reader)

    def __repr__(self) -> str:
        return f"Contract({self.ref})"

    def check(self, record: Any) -> tuple[Violation, ...]:
        """Return every rule that a decoded record breaks, none where it is good; no value is repeated."""
        try:
            if self._is_valid(record):
                return ()
            return violations_of(self._validator.iter_errors(record), self.schema)
        except (ValueError, RecursionError):
            return (NOT_JSON,)

    def typed(self, texts: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Violation, ...]]:
        """Turn named texts, such as a CSV row, into a record, and check it: no ``check`` is needed after.

        A column is a field's name, its dotted path, or its physical name. An empty text is null where the
        field allows it and absent otherwise. A column the contract does not know stays text.
        """
        record, wrong = self._texts.typed(texts)
        found = self.check(record)
        if not wrong:
            return record, found
        told = {violation.pointer for violation in wrong}
        return record, (*wrong, *(violation for violation in found if violation.pointer not in told))

    def quick(self, text: bytes) -> Reading | None:
        """Decode a record, check it and read it in one go; None for one that has to be looked at closer.

        What it takes is valid, and is read as ``decode``, ``check`` and ``reading`` one after the other
        would. None says nothing about the record.
        """
        record = self._quick(text)
        return None if record is None else _read(self._quick_readers, record)

    def reading(self, record: Any) -> Reading:
        """Return what a decoded record is called. An unchecked one may be looked at too: it is no error."""
        return _read(self._readers, record)

    def version_of(self, record: Any) -> int | Decimal | str | None:
        """Return the value that grows with each state of an entity; a moment as microseconds."""
        return self._readers.version(record)


def _read(readers: Readers, record: Any) -> Reading:
    return Reading(readers.entity_key(record), readers.identity(record), readers.event_time(record))


def _verdict(schema: dict[str, Any], shapes: Shapes) -> Callable[[Any], bool]:
    """Compile the yes or no of a contract, on the way every record takes."""
    rest, left_out = quickened(schema, shapes.notes.patterns)
    valid: Callable[[Any], bool] = validator_of(rest, shapes.notes.formats).is_valid
    if left_out is None:
        return valid
    check = left_out
    return lambda record: valid(record) and check(record)


def load(text: str | bytes, file: str) -> Contract:
    """Load a file that describes one kind of record; raises ``ProjectError`` with every fault."""
    contracts = load_all(text, file)
    if len(contracts) == 1:
        return contracts[0]
    problem = f"the file describes {len(contracts)} kinds of record"
    raise ProjectError([Fault(contracts[1].place, problem, "one schema object")])


def load_all(text: str | bytes, file: str) -> list[Contract]:
    """Load every schema object of a file; raises ``ProjectError`` with every fault.

    One object is named as the file (``name``, else ``id``), several are ``file-name.object-name``. A file
    without a schema is one contract without fields, for the catalogue.
    """
    document = Document.load(text, file)
    faults = odcs_faults(document)
    if faults:
        raise ProjectError(faults)
    odcs = modern(document.value)
    if not _VERSION.fullmatch(odcs["version"]):
        problem = "the version has no major number"
        faults.append(document.fault(("version",), problem, "a version such as 1.2.0"))
    objects = odcs.get("schema") or [{"name": odcs["id"]}]
    drafts = [_Draft(document, odcs, ("schema", index), element) for index, element in enumerate(objects)]
    faults += [fault for draft in drafts for fault in draft.shapes.notes.faults]
    faults += _same_names(document, drafts)
    if faults:
        raise ProjectError(sorted(set(faults)))
    return [draft.contract() for draft in drafts]


class _Draft:
    """A schema object on its way to a contract: everything compiled, faults not yet judged."""

    def __init__(self, document: Document, odcs: Element, tokens: Tokens, element: Element) -> None:
        self.shapes = Shapes(document, tokens, element)
        self.named = named_by(self.shapes, odcs)
        self.place = document.place((*tokens, "name"))
        self.name = _fit(odcs.get("name") or odcs["id"])
        if len(odcs.get("schema", ())) > 1:
            self.name += "." + _fit(element["name"])
        self._odcs = odcs
        self._element = element

    def contract(self) -> Contract:
        about = _about(self._odcs, self._element)
        return Contract(self.name, self._odcs["version"], about, self.shapes, self.named, self.place)


def _same_names(document: Document, drafts: list[_Draft]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for index, draft in enumerate(drafts):
        if draft.name in seen:
            tokens = ("schema", index, "name")
            faults.append(document.fault(tokens, f'a second schema object "{draft.name}"', "each name once"))
        seen.add(draft.name)
    return faults


def _major(version: str) -> str:
    match = _VERSION.fullmatch(version)
    return match[1] if match else "0"


def _fit(name: str) -> str:
    """Return a name that serves in streams, addresses and file names."""
    return _UNFIT.sub("-", name).strip("-") or "unnamed"


def _about(odcs: Element, element: Element) -> About:
    team = odcs.get("team", {})
    members = team if isinstance(team, list) else team.get("members", [])
    named = "" if isinstance(team, list) else team.get("name", "")
    return About(
        id=odcs["id"],
        status=odcs.get("status", ""),
        title=element.get("businessName") or odcs.get("name", ""),
        description=element.get("description") or _purpose(odcs.get("description")),
        domain=odcs.get("domain", ""),
        data_product=odcs.get("dataProduct", ""),
        owner=named or next((m.get("username", "") for m in members if _owns(m)), ""),
        team=tuple(members),
        tags=(*odcs.get("tags", ()), *element.get("tags", ())),
        usage=_part(odcs, "usage"),
        limitations=_part(odcs, "limitations"),
        service_levels=tuple(_service_level(entry) for entry in odcs.get("slaProperties", ())),
    )


def _purpose(description: Any) -> str:
    return description.get("purpose", "") if isinstance(description, dict) else str(description or "")


def _part(odcs: Element, key: str) -> str:
    description = odcs.get("description")
    return str(description.get(key) or "") if isinstance(description, dict) else ""


def _service_level(entry: Mapping[str, Any]) -> ServiceLevel:
    value, beyond = entry["value"], entry.get("valueExt")
    texts = {key: str(entry.get(key) or "") for key in ("unit", "element", "driver", "description")}
    return ServiceLevel(
        entry["property"],
        " to ".join(str(part) for part in (value, beyond) if part is not None),
        schedule=" ".join(str(entry[key]) for key in ("scheduler", "schedule") if entry.get(key)),
        **texts,
    )


def _owns(member: Mapping[str, Any]) -> bool:
    return "owner" in str(member.get("role", "")).lower()
