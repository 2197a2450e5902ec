"""Which flow answers the callers of which stream: what its file says, and whether sources and flows agree.

A request source needs exactly one flow of its stream that says what callers get, in ``reply``. Everything
else about such a flow is as in any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from trunkline.app.entries import Entries, each
from trunkline.app.model import FlowFile
from trunkline.app.project import Flow, Target, resolve
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.connectors.mapping import MappingRefused, Problem
from trunkline.connectors.reply import compile_reply
from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault


def reply_faults(document: Document, settings: FlowFile, target: Target) -> Iterator[Fault]:
    """Yield what is wrong with the ``reply`` of a flow's file, by itself and to its target."""
    if settings.reply is None:
        return
    if not TARGETS[target.via].replies:
        kinds = " or ".join(sorted(name for name, kind in TARGETS.items() if kind.replies))
        problem = f"{target.name} gives no answer to pass on: it is a {target.via}"
        yield document.fault(("reply",), problem, f"a target with via: {kinds}")
    if settings.when is not None:
        problem = "a request that the rule drops would have no answer"
        yield document.fault(("when",), problem, "no when beside reply")
    try:
        compile_reply(settings.reply)
    except MappingRefused as refused:
        yield from [_fault(document, settings, one) for one in refused.problems]


def _fault(document: Document, settings: FlowFile, problem: Problem) -> Fault:
    fields: Collection[str] = settings.reply if isinstance(settings.reply, dict) else ()
    at = ("reply", problem.field) if problem.field in fields else ("reply",)
    column = f" (character {problem.column} of the expression)" if problem.column else ""
    return document.fault(at, problem.problem + column, problem.expected, problem.hint)


def disagreements(entries: Entries, flows: Mapping[str, tuple[Document, Flow]]) -> Iterator[Fault]:
    """Yield a fault for each request source without a flow, and each answering flow too many."""
    asked = dict(_asked(entries))
    answered: dict[str, str] = {}
    for name, (document, flow) in flows.items():
        if flow.to_reply is None:
            continue
        stream = flow.contract.stream
        if stream not in asked and not entries.sheet.broken("systems"):
            problem = f"nobody waits for it: no source of {stream} has via: request"
            yield document.fault(("reply",), problem, "a request source of the stream, or no reply")
        first = answered.setdefault(stream, name)
        if first != name:
            yield document.fault(
                ("reply",), f"flow {first} answers {stream} already", "one flow that answers"
            )
    for stream, places in asked.items():
        if stream not in answered and not entries.sheet.broken("flows"):
            yield from places


def _asked(entries: Entries) -> Iterator[tuple[str, list[Fault]]]:
    """Yield the streams of request sources, each with what is wrong should no flow answer it."""
    found: dict[str, list[Fault]] = {}
    for document, at, entry, _ in each(entries, "publishes"):
        contract = resolve(entry["stream"], entries.contracts)
        if SOURCES[entry["via"]].replies and contract is not None:
            problem = f"no flow answers {contract.stream}: whoever asks would wait for nothing"
            expected = f"a flow from {contract.stream} that says what callers get, in reply"
            found.setdefault(contract.stream, []).append(document.fault((*at, "via"), problem, expected))
    yield from found.items()
