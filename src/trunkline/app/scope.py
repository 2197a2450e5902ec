"""Of which flows and sources a number is: of one flow, system or stream, or of all."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from trunkline.app.project import PUBLISH, Project, unknown_stream
from trunkline.delivery.replay.port import flow_of, is_replay
from trunkline.kernel.errors import UsageError
from trunkline.kernel.faults import did_you_mean


class Scope(msgspec.Struct, frozen=True):
    """Flows, and what feeds them: what comes into ``streams``, and what ``system`` gives to any stream.

    ``streams`` None stands for all there are.
    """

    name: str
    flows: frozenset[str]
    streams: frozenset[str] | None
    system: str = ""

    def has(self, stream: str, source: str) -> bool:
        """Tell whether what a source gives to a stream is a part of it."""
        given = self.system != "" and source.partition("/")[0] == self.system
        return given or self.streams is None or stream in self.streams


def scope_of(
    project: Project, ran: Collection[str], flow: str = "", system: str = "", stream: str = ""
) -> Scope:
    """Return what is about all that is given, everything where nothing is; raises ``UsageError``.

    ``ran`` are the flows that ever did, also those that no file describes any more. A replay may be named as
    a flow: it is counted apart from its flow, and in nothing else.
    """
    live = {name for name in ran if not is_replay(name)} | project.flows.keys()
    if is_replay(flow) and flow in ran:
        return Scope(flow, frozenset([flow]), frozenset())
    _check("flow", flow_of(flow), sorted(live))
    _check("system", system, [*project.systems, PUBLISH])
    whole = Scope("all", frozenset(live), None)
    if flow:
        whole = _of_flow(project, flow)
    if stream:
        whole = _both(whole, _of_stream(project, _stream(project, stream)))
    return _both(whole, _of_system(project, system)) if system else whole


def scopes_by(project: Project, whole: Scope, by: str, came: Collection[str] = ()) -> Iterator[Scope]:
    """Yield the scope of each flow, system or stream of a whole, by name; into ``came`` something came."""
    if by == "flow":
        yield from (_of_flow(project, name) for name in sorted(whole.flows))
    elif by == "stream":
        wired = [one.contract.stream for one in project.flows.values()]
        wired += [one.contract.stream for one in project.sources.values()]
        for stream in sorted({*wired, *came}):
            if whole.has(stream, ""):
                yield _of_stream(project, stream)
    else:
        for system in sorted(project.systems):
            one = _of_system(project, system)
            gives = [source for source in project.sources.values() if source.system == system]
            if one.flows & whole.flows or any(whole.has(its.contract.stream, its.name) for its in gives):
                yield one


def _of_flow(project: Project, name: str) -> Scope:
    flow = project.flows.get(name)
    return Scope(name, frozenset([name]), frozenset([flow.contract.stream] if flow else []))


def _of_stream(project: Project, stream: str) -> Scope:
    flows = [flow.name for flow in project.flows.values() if flow.contract.stream == stream]
    return Scope(stream, frozenset(flows), frozenset([stream]))


def _of_system(project: Project, system: str) -> Scope:
    flows = [flow for flow in project.flows.values() if flow.target.system.system == system]
    streams = frozenset(flow.contract.stream for flow in flows)
    return Scope(system, frozenset(flow.name for flow in flows), streams, system)


def _both(one: Scope, other: Scope) -> Scope:
    """Return what is in two scopes: the flows of both; of what feeds them, that of the narrower one."""
    if one.streams is None:
        return other
    return Scope(f"{one.name}, {other.name}", one.flows & other.flows, one.streams)


def _stream(project: Project, name: str) -> str:
    contract = project.contract_of(name)
    if contract is None:
        raise unknown_stream(project, name)
    return contract.stream


def _check(kind: str, name: str, known: Collection[str]) -> None:
    if name and name not in known:
        near = did_you_mean(name, known) or "there are: " + ", ".join(known)
        raise UsageError(f'there is no {kind} "{name}"; {near}')
