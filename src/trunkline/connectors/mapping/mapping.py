"""A mapping, compiled once from what a flow says and run on every event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Any, TypeAlias

from trunkline.connectors.mapping import functions
from trunkline.connectors.mapping.engine import Engine, Limits
from trunkline.connectors.mapping.exact import UNDEFINED, truth
from trunkline.connectors.mapping.expression import Expression, compile_expression
from trunkline.connectors.mapping.paths import Evaluate
from trunkline.connectors.mapping.problem import BrokenRecord, Problem
from trunkline.kernel import json
from trunkline.kernel.errors import Final, TrunklineError
from trunkline.kernel.event import Event

Record: TypeAlias = dict[str, Any]
Apply: TypeAlias = Callable[[Record, Event | None], Record | None]
Build: TypeAlias = Callable[[Record, Event | None], Record]

_FIELD = re.compile(r"^[^.\s]+(?:\.[^.\s]+)*$")
_MEMBER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_PYTHON = "python"
_ADVICE = "numbers stay exact in a plain path, + - *, $sum or a Python function"


class MappingRefused(TrunklineError):
    """A mapping cannot be compiled; ``problems`` holds all that is wrong with it, not the first only."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Mapping:
    """From a record to the record a target takes: a pure function of the event.

    ``lineage`` gives for each target field the source fields that it reads, as dotted paths (the empty
    path is the whole record; a Python function's single entry has the field ``""``). ``inexact`` are the
    target fields computed by the JSONata engine, in binary floats where they are numbers: they are not fit
    for a decimal. ``passes`` says that a record goes on as it is, if at all: ``lineage`` then has the rule
    only. ``reads`` is every source field that is read. The records it returns share parts with those it is
    given, so neither is changed later.
    """

    def __init__(
        self,
        apply: Apply,
        lineage: dict[str, frozenset[str]],
        inexact: frozenset[str],
        *,
        passes: bool = False,
        reads: frozenset[str] = frozenset(),
    ) -> None:
        self._apply = apply
        self.lineage = lineage
        self.inexact = inexact
        self.passes = passes
        self.reads = reads.union(*lineage.values())

    @property
    def decode(self) -> Callable[[bytes], Any]:
        """How to decode a record for this mapping: whole, or only the members that it reads."""
        members = {path.partition(".")[0] for path in self.reads}
        plain = all(_MEMBER.match(member) for member in members)
        return json.decoder_of(members) if members and plain and not self.passes else json.decode

    def then(self, other: Mapping) -> Mapping:
        """Return the mapping that does both, this one first; what this one drops the other does not see.

        Its ``lineage`` is in the fields that this one reads.
        """
        first, second = self._apply, other._apply  # as they raise, which the new one turns into an error

        def apply(record: Record, event: Event | None) -> Record | None:
            between = first(record, event)
            return None if between is None else second(between, event)

        lineage = dict(self.lineage) if other.passes else {}
        lineage |= {field: self._behind(paths) for field, paths in other.lineage.items()}
        touched = {field for field, paths in other.lineage.items() if any(map(self._is_inexact, paths))}
        inexact = other.inexact | touched | (self.inexact if other.passes else frozenset())
        reads = self.reads | other.reads if self.passes else self.reads
        return Mapping(apply, lineage, inexact, passes=self.passes and other.passes, reads=reads)

    def _behind(self, paths: Iterable[str]) -> frozenset[str]:
        """Return what of the source stands behind paths of the record that this mapping makes."""
        if self.passes:
            return frozenset(paths)
        made = (reads for field, reads in self.lineage.items() if any(_touch(field, path) for path in paths))
        return frozenset().union(*made)

    def _is_inexact(self, path: str) -> bool:
        return any(_touch(field, path) for field in self.inexact)

    def __call__(self, record: Record, event: Event | None = None) -> Record | None:
        """Map one record; None where a rule drops it. Raises ``Final`` of kind ``mapping``."""
        try:
            return self._apply(record, event)
        except (BrokenRecord, RecursionError) as error:
            nested = "the record is nested too deeply"
            why = nested if isinstance(error, RecursionError) else str(error.args[0])
            raise Final("mapping", why) from error


UNCHANGED = Mapping(lambda record, _event: record, {}, frozenset(), passes=True)
"""Every field as it is."""


def _touch(field: str, path: str) -> bool:
    """Tell whether a field that is made and a path that is read have a part in common."""
    field, path = field.replace("`", ""), path.replace("`", "")
    return "" in (field, path) or f"{field}.".startswith(f"{path}.") or f"{path}.".startswith(f"{field}.")


def compile_mapping(
    spec: Dictionary[Any, Any] | str,
    folder: Path = Path(),
    limits: Limits | None = None,
    *,
    when: Any = None,
) -> Mapping:
    """Compile ``{field: expression}`` or a Python function, ``package.module:function`` below ``folder``.

    A field may be a dotted path, which nests; a nested object that would have no field is left out.
    ``{"python": "package.module:function"}`` is a function too. ``when`` is an expression: a record for
    which it is not true is dropped; with it, ``{}`` passes records on as they are. Raises
    ``MappingRefused`` with all that is wrong.
    """
    limits = limits or Limits()
    reference = spec if isinstance(spec, str) else _reference(spec)
    if reference is not None:
        mapping = _python(reference, folder)
    elif when is not None and not spec:
        mapping = UNCHANGED
    else:
        assert not isinstance(spec, str)
        mapping = _expressions(spec, limits)
    return mapping if when is None else _filtered(mapping, when, limits)


def _reference(spec: Dictionary[Any, Any]) -> str | None:
    text = spec.get(_PYTHON) if len(spec) == 1 else None
    # No expression looks like a reference to a function, so a target field may be called "python".
    return text if isinstance(text, str) and functions.REFERENCE.match(text) else None


def _python(reference: str, folder: Path) -> Mapping:
    function = functions.load(reference, folder)
    if isinstance(function, Problem):
        raise MappingRefused([function])
    return Mapping(function, {"": frozenset({""})}, frozenset())  # type: ignore[arg-type]  # given an event


def _expressions(spec: Dictionary[Any, Any], limits: Limits) -> Mapping:
    problems = _shape_problems(spec)
    compiled: dict[str, Expression] = {}
    for field, text in spec.items():
        one = compile_expression(str(field), text)
        if isinstance(one, Problem):
            problems.append(one)
        else:
            compiled[field] = one
    if problems:
        raise MappingRefused(problems)
    exact = {field: one.exact for field, one in compiled.items() if one.exact is not None}
    others = {field: one.text for field, one in compiled.items() if one.exact is None}
    lineage = {field: one.reads for field, one in compiled.items()}
    return Mapping(_builder(list(spec), exact, others, limits), lineage, frozenset(others))


def _shape_problems(spec: Dictionary[Any, Any]) -> list[Problem]:
    if not spec:
        return [Problem(field="", problem="the mapping is empty", expected="field: expression")]
    problems = []
    for field in spec:
        if not isinstance(field, str) or not _FIELD.match(field):
            problems.append(
                Problem(field=str(field), problem="this is no field", expected="name or name.name")
            )
        elif any(other.startswith(f"{field}.") for other in map(str, spec)):
            problems.append(
                Problem(field=field, problem="this is both a value and an object of other fields")
            )
    return problems


def _builder(fields: list[str], exact: dict[str, Evaluate], others: dict[str, str], limits: Limits) -> Build:
    """Return one closure for all fields, in the order they were written."""
    evaluate = _exact_fields(exact)
    if others:
        evaluate = _joined(evaluate, Engine(list(others.values()), limits), fields, list(others))
    return _nested(evaluate, fields) if any("." in field for field in fields) else evaluate


def _exact_fields(exact: dict[str, Evaluate]) -> Build:
    parts = list(exact.items())

    def evaluate(record: Record, _: Event | None) -> Record:
        answer = {}
        field = ""
        try:
            for field, of in parts:
                value = of(record)
                if value is not UNDEFINED:
                    answer[field] = value
        except BrokenRecord as broken:
            raise BrokenRecord(f"{field}: {broken}") from None
        return answer

    return evaluate


def _joined(exact: Build, engine: Engine, fields: list[str], computed: list[str]) -> Build:
    def evaluate(record: Record, event: Event | None) -> Record:
        values = exact(record, event) or {}
        try:
            answers = engine.evaluate(record, event)
        except BrokenRecord as broken:
            field = f"{computed[broken.args[1]]}: " if len(broken.args) > 1 else ""
            raise BrokenRecord(f"{field}{broken.args[0]}; {_ADVICE}") from None
        values |= {computed[number]: value for number, value in answers.items()}
        return {field: values[field] for field in fields if field in values}

    return evaluate


def _nested(flat: Build, fields: Iterable[str]) -> Build:
    places = {field: tuple(field.split(".")) for field in fields}

    def evaluate(record: Record, event: Event | None) -> Record:
        answer: Record = {}
        for field, value in flat(record, event).items():
            *parents, name = places[field]
            place = answer
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = value
        return answer

    return evaluate


def _filtered(mapping: Mapping, when: Any, limits: Limits) -> Mapping:
    holds = _expressions({"when": when}, limits)
    # Both as they raise: the mapping that is made here turns that into an error, once.
    held, mapped = holds._apply, mapping._apply  # noqa: SLF001  of its own class

    def apply(record: Record, event: Event | None) -> Record | None:
        answer = held(record, event) or {}
        return mapped(record, event) if truth(answer.get("when", UNDEFINED)) else None

    lineage = dict(mapping.lineage)
    lineage["when"] = lineage.get("when", frozenset()) | holds.lineage["when"]
    return Mapping(apply, lineage, mapping.inexact, passes=mapping.passes)
