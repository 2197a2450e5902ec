"""A contract: what one kind of record may look like, compiled from an Open Data Contract Standard file.

Intake checks and reads every record by it, targets are made to fit its fields, and the catalogue shows it.
``docs/reference/contracts.md`` says how each part of the standard is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from trunkline.contracts.casts import cast_of
from trunkline.contracts.compat.sides import Formats
from trunkline.contracts.document import Document
from trunkline.contracts.field import Field, dotted
from trunkline.contracts.keys import reader
from trunkline.contracts.leaves import Ways, validator_of
from trunkline.contracts.naming import Readers, named_by
from trunkline.contracts.odcs import Element, own_properties, retention
from trunkline.contracts.promise import promise_of
from trunkline.contracts.quick import Quick
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.sameness import sameness_of
from trunkline.contracts.shapes import Shapes
from trunkline.contracts.standard import modern, odcs_faults
from trunkline.contracts.texts import Texts
from trunkline.contracts.verdict import quickened
from trunkline.contracts.violations import NOT_JSON, Violation, violations_of
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault

__all__ = ["Contract", "Field", "Violation", "load", "load_all"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
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
    """What the catalogue shows of a contract and no record is judged by.

    ``retention`` is how long its data is kept, from the standard's ``slaProperties``; ``properties`` are our
    own ``customProperties``, those of the schema object over those of the file.
    """

    id: str = ""
    status: str = ""
    title: str = ""
    description: str = ""
    domain: str = ""
    data_product: str = ""
    owner: str = ""
    team: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    retention: str = ""
    usage: str = ""
    limitations: str = ""
    service_levels: tuple[ServiceLevel, ...] = ()
    properties: Mapping[str, Any] = {}

    @property
    def legal_basis(self) -> str:
        """On what ground personal data may be held and moved: the property ``legalBasis``."""
        return str(self.properties.get("legalBasis") or "")


class Origin(msgspec.Struct, frozen=True):
    """What a contract was made of: its file's text, and what the file says with no other schema object."""

    text: str
    value: dict[str, Any]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a record is called: entity key and identity (empty without one), event time in microseconds."""

    entity_key: str
    identity: str
    event_time: int | None


class Contract:
    """One kind of record. Immutable; made by ``load`` and ``load_all``.

    ``name`` and ``version`` are the file's, ``major`` is its first number; ``ref`` is ``name@version`` and
    ``stream`` is ``name@major``.
    ``schema`` is JSON Schema 2020-12, ``formats`` are those in it that were made for contracts. ``fields``
    stand in the order of the file, ``primary_key`` holds dotted paths in key order, ``roles`` those of every
    field that has one by what names it, ``is_versioned`` tells whether it names the field that grows with
    each state. ``promise`` is what a new version owes to this one, ``cast`` how its records are made from
    those of an earlier major version, ``sameness`` by which values records of two keys are one thing,
    ``origin`` what it was made of. ``place`` is where the object stands in
    its file, ``version_place`` where the version does.

    The validators are compiled when they are first asked for: most commands look at no record.
    """

    def __init__(self, draft: _Draft) -> None:
        shapes, named = draft.shapes, draft.named
        name, version, about = draft.name, draft.version, draft.about()
        self.name = name
        self.version = version
        self.ref = f"{name}@{version}"
        self.major = semver(version).major
        self.stream = f"{name}@{self.major}"
        self.about = about
        self.title = about.title
        self.description = about.description
        self.owner = about.owner
        self.place, self.version_place = draft.place, draft.version_place
        self.promise, self.cast, self.sameness = draft.promise, draft.cast, draft.sameness
        self.origin = draft.origin()
        self.schema = {"$schema": _DIALECT, "title": self.ref, **shapes.schema}
        self.formats = Formats(shapes.notes.kept.formats, shapes.notes.kept.patterns)
        self.fields: tuple[Field, ...] = tuple(shapes.fields)
        self.primary_key = tuple(".".join(path) for path in named.primary_key)
        self.roles = named.roles
        self.is_versioned = named.version is not None
        self._named = named
        self._ways = shapes.notes.kept

    def __repr__(self) -> str:
        return f"Contract({self.ref})"

    @cached_property
    def paths(self) -> Mapping[str, Field]:
        """Its fields by their dotted paths; an array and its items have one, and the array has it."""
        found: dict[str, Field] = {}
        for field in self.fields:
            found.setdefault(dotted(field), field)
        return found

    @cached_property
    def _readers(self) -> Readers:
        return Readers(self._named, reader)

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.fields)

    @cached_property
    def _validator(self) -> Any:
        return validator_of(self.schema, self._ways.formats)

    @cached_property
    def _is_valid(self) -> Callable[[Any], bool]:
        return _verdict(self.schema, self._ways)

    @cached_property
    def _way(self) -> Quick:
        return Quick(self.schema, self._ways)

    @cached_property
    def _quick(self) -> Callable[[bytes], Any]:
        return self._way.decode

    @cached_property
    def _quick_readers(self) -> Readers:
        return Readers(self._named, self._way.reader)

    @property
    def quick_depth(self) -> float:
        """How deep a record may be nested that ``quick`` takes."""
        return self._way.depth

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


def _verdict(schema: dict[str, Any], ways: Ways) -> Callable[[Any], bool]:
    """Compile the yes or no of a contract, on the way every record takes."""
    rest, left_out = quickened(schema, ways.patterns)
    valid: Callable[[Any], bool] = validator_of(rest, ways.formats).is_valid
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
    faults += _version_faults(document, odcs["version"])
    objects = odcs.get("schema") or [{"name": odcs["id"]}]
    whole = _Whole(document, odcs, text if isinstance(text, str) else text.decode("utf-8-sig"))
    drafts = [_Draft(whole, index, element) for index, element in enumerate(objects)]
    faults += [fault for draft in drafts for fault in draft.shapes.notes.faults]
    faults += _same_names(document, drafts)
    if faults:
        raise ProjectError(sorted(set(faults)))
    return [Contract(draft) for draft in drafts]


class _Whole(msgspec.Struct, frozen=True):
    """A file that is read: its document, what it says in the words of the newest standard, its text."""

    document: Document
    odcs: Element
    text: str


class _Draft:
    """A schema object on its way to a contract: everything read, faults not yet judged."""

    def __init__(self, whole: _Whole, index: int, element: Element) -> None:
        self._whole, self._index, self._element = whole, index, element
        odcs, tokens = whole.odcs, ("schema", index)
        stated = str(own_properties(odcs, element).get("classification") or "")
        self.shapes = Shapes(whole.document, tokens, element, stated)
        self.named = named_by(self.shapes, odcs)
        self.promise = promise_of(self.shapes, odcs)
        self.place = whole.document.place((*tokens, "name"))
        self.version_place = whole.document.place(("version",))
        self.version: str = odcs["version"]
        self.name = _fit(odcs.get("name") or odcs["id"])
        if len(odcs.get("schema", ())) > 1:
            self.name += "." + _fit(element["name"])
        self.cast = cast_of(self.shapes, odcs, self.name, whole.document)
        self.sameness = sameness_of(self.shapes, odcs)

    def about(self) -> About:
        return _about(self._whole.odcs, self._element)

    def origin(self) -> Origin:
        value: dict[str, Any] = self._whole.document.value
        listed = value.get("schema")
        own = {"schema": [listed[self._index]]} if listed else {}
        return Origin(self._whole.text, value | own)


def _same_names(document: Document, drafts: list[_Draft]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for index, draft in enumerate(drafts):
        if draft.name in seen:
            tokens = ("schema", index, "name")
            faults.append(document.fault(tokens, f'a second schema object "{draft.name}"', "each name once"))
        seen.add(draft.name)
    return faults


def _version_faults(document: Document, version: str) -> list[Fault]:
    try:
        semver(version)
    except ValueError:
        problem = "the version has no major number"
        return [document.fault(("version",), problem, "a version such as 1.2.0")]
    return []


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
        retention=retention(odcs),
        usage=_part(odcs, "usage"),
        limitations=_part(odcs, "limitations"),
        service_levels=tuple(_service_level(entry) for entry in odcs.get("slaProperties", ())),
        properties=own_properties(odcs, element),
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
