"""Where a field goes, end to end, read from the files: sources, stream, each flow's mapping, target, and on.

Expressions are read exactly. A Python mapping cannot be seen through, and what a system does with what it
takes is not in the files: both are told as possible, and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.project import Flow, Project, resolve, unknown_stream
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import Field, dotted
from trunkline.kernel.errors import UsageError
from trunkline.kernel.faults import did_you_mean

How: TypeAlias = Literal["expression", "as it is", "python", "rule"]
"""How a field reaches a target: by an expression, unchanged, by a Python function that may read it, or not
at all: it only decides, by ``when``, whether an event goes on."""


class Reach(msgspec.Struct, frozen=True):
    """One target that a field reaches: its ``fields`` there, and whether that is certain."""

    flow: str
    target: str
    contract: str
    fields: tuple[str, ...]
    how: How
    certain: bool
    draft: bool


class Onward(msgspec.Struct, frozen=True):
    """A stream that the target's system publishes with a field of the same name: it may go on there."""

    target: str
    stream: str
    field: str


class Way(msgspec.Struct, frozen=True):
    """One field of one stream: where it comes from, what it reaches, where it may go on.

    ``personal`` tells that it is masked; ``accepted_by`` are the targets whose own contract this is.
    """

    stream: str
    field: str
    classification: str
    personal: bool
    sources: tuple[str, ...]
    reaches: tuple[Reach, ...]
    onward: tuple[Onward, ...]
    accepted_by: tuple[str, ...] = ()


def lineage(project: Project, text: str, stream: str = "") -> list[Way]:
    """Return the way of every field that ``text`` names, and of those it may go on as, each once.

    ``text`` is a dotted path, ``customer.email``, of one ``stream`` or of any; before it may stand the name
    of a contract. A contract that is only a target's is told where no stream has the field. Raises
    ``UsageError`` where there is no such field, with the near miss.
    """
    named = list(_named(project, text, stream))
    if not named:
        raise _unknown(project, text, stream)
    todo = [pair for pair in named if is_stream(project, pair[0])] or named
    ways: dict[tuple[str, str], Way] = {}
    while todo:
        contract, field = todo.pop(0)
        name = contract.stream, dotted(field)
        if name in ways:
            continue
        ways[name] = way = way_of(project, contract, field)
        todo += [found for one in way.onward for found in _exactly(project.contracts[one.stream], one.field)]
    return list(ways.values())


def way_of(project: Project, contract: Contract, field: Field) -> Way:
    """Return where one field of a stream goes, as far as the next streams."""
    path = dotted(field)
    reaches = [reach for flow in project.flows_of(contract) for reach in _reaches(flow, path)]
    onward = dict.fromkeys(one for reach in reaches for one in _onward(project, reach))
    return Way(
        contract.stream,
        path,
        field.classification,
        field.personal,
        tuple(one.name for one in project.sources_of(contract)),
        tuple(reaches),
        tuple(onward),
        tuple(one.name for one in project.targets_of(contract)),
    )


def is_stream(project: Project, contract: Contract) -> bool:
    """Tell whether events of a contract are published or read; else it is a target's own."""
    return bool(project.sources_of(contract) or project.flows_of(contract))


def _named(project: Project, text: str, stream: str) -> Iterator[tuple[Contract, Field]]:
    for contract in project.contracts.values():
        if stream in ("", contract.stream, contract.name):
            own = text.removeprefix(f"{contract.name}.") if not stream else text
            found = list(_exactly(contract, text)) or list(_exactly(contract, own))
            yield from found


def _exactly(contract: Contract, path: str) -> Iterator[tuple[Contract, Field]]:
    if path in contract.paths:
        yield contract, contract.paths[path]


def _unknown(project: Project, text: str, stream: str) -> UsageError:
    contracts = [one for one in project.contracts.values() if stream in ("", one.stream, one.name)]
    if not contracts:
        return unknown_stream(project, stream)
    whole = resolve(text, project.contracts)
    if whole is not None and whole.fields:
        first = dotted(whole.fields[0])
        return UsageError(f'"{text}" is a stream: name a field of it after it, such as {first}')
    known = {dotted(field) for one in contracts for field in one.fields}
    known |= {f"{one.name}.{dotted(field)}" for one in contracts for field in one.fields if not stream}
    where = f" in {stream}" if stream else ""
    return UsageError(f'there is no field "{text}"{where}; {did_you_mean(text, known)}'.rstrip("; "))


def _reaches(flow: Flow, path: str) -> Iterator[Reach]:
    """Yield what a flow makes of a field: at most one value of its target, and one rule."""
    settings, target = flow.settings, flow.target.contract
    if settings.python:
        yield _reach(flow, tuple(target.paths), "python", certain=False)
    elif flow.mapping.passes:
        same = tuple(one for one in target.paths if f"{one}.".startswith(f"{path}."))
        yield _reach(flow, same or (path,), "as it is")
    else:
        fields = settings.map or [
            name for name in flow.mapping.lineage if name != "when" or not settings.when
        ]
        mapped = tuple(name for name in fields if _reads(flow, name, path))
        if mapped:
            yield _reach(flow, mapped, "expression")
    if settings.when is not None and "when" not in (settings.map or {}) and _reads(flow, "when", path):
        yield _reach(flow, (), "rule")


def _reach(flow: Flow, fields: tuple[str, ...], how: How, *, certain: bool = True) -> Reach:
    target = flow.target
    return Reach(flow.name, target.name, target.contract.stream, fields, how, certain, flow.settings.draft)


def _reads(flow: Flow, name: str, path: str) -> bool:
    return any(_touches(read.replace("`", ""), path) for read in flow.mapping.lineage.get(name, ()))


def _touches(one: str, other: str) -> bool:
    """Tell whether two paths are one, or one is part of the other; the empty one is the whole record."""
    return one == other or "" in (one, other) or one.startswith(other + ".") or other.startswith(one + ".")


def _onward(project: Project, reach: Reach) -> Iterator[Onward]:
    system = reach.target.partition(".")[0]
    for source in project.sources.values():
        if source.system == system:
            for field in source.contract.paths:
                if field in reach.fields:
                    yield Onward(reach.target, source.contract.stream, field)
