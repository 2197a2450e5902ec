"""A project as an AsyncAPI 3.0 document: https://www.asyncapi.com/docs/reference/specification/v3.0.0.

It describes the project as those see it who take part: sources *send* into streams, flows *receive* from
them. ``docs/reference/docs-exports.md`` says what becomes what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from trunkline.app.docs.model import ContractPage, FlowDoc, ProjectDocs, SourceDoc
from trunkline.app.docs.schemafile import schema_of
from trunkline.contracts.docs.model import NO_EXAMPLE, ContractDoc
from trunkline.contracts.field import pointer_of
from trunkline.kernel import json

VERSION = "3.0.0"
BINDING = "0.3.0"
"""The version of the HTTP binding."""

PUSHED = frozenset({"webhook", "request"})
"""The kinds of source that are an HTTP endpoint."""

Part = dict[str, Any]

_HEADERS: Part = {
    "type": "object",
    "description": "A CloudEvent in binary mode, or a plain request with a key of its own.",
    "properties": {
        "ce-specversion": {"type": "string", "const": "1.0"},
        "ce-id": {"type": "string", "description": "The idempotency key, within ce-source."},
        "ce-source": {"type": "string", "format": "uri-reference"},
        "ce-type": {"type": "string"},
        "ce-time": {"type": "string", "format": "date-time"},
        "idempotency-key": {"type": "string", "description": "The idempotency key, without CloudEvents."},
        "traceparent": {"type": "string", "description": "W3C trace context: the correlation ID."},
    },
}


def asyncapi(project: ProjectDocs, only: ContractDoc | None = None) -> Part:
    """Return the document of a project, or of one contract's stream in it."""
    pages = [page for page in project.contracts if only is None or page.contract == only]
    sources = [one for page in pages for one in page.sources if one.via in PUSHED]
    described = {
        "servers": {"door": _server(project)} if sources else {},
        "channels": _channels(pages, sources),
        "operations": _operations(pages),
        "components": _components([page.contract for page in pages] + _given(project, pages)),
    }
    digest = hashlib.sha256(json.encode(described)).hexdigest()[:12]
    info = {
        "title": project.title if only is None else f"{project.title}: {only.title}",
        "version": f"0.0.0+{digest}",
        "description": f"The streams of {project.name}: who sends into them and who receives from them.",
    }
    head = {"asyncapi": VERSION, "id": f"urn:trunkline:project:{project.name}", "info": info}
    return head | {"defaultContentType": "application/json"} | described


def _given(project: ProjectDocs, pages: Sequence[ContractPage]) -> list[ContractDoc]:
    """Return the contracts that sources of some pages are sent by, where those are others."""
    streams = {one.given for page in pages for one in page.sources} - {page.contract.stream for page in pages}
    return [page.contract for page in project.contracts if page.contract.stream in streams]


def _server(project: ProjectDocs) -> Part:
    return {"host": project.door, "protocol": "http", "description": "Trunkline's HTTP door."}


def _channels(pages: Iterable[ContractPage], sources: Iterable[SourceDoc]) -> Part:
    channels = {page.contract.stream: _stream(page.contract) for page in pages if _is_used(page)}
    return channels | {one.name: _endpoint(one) for one in sources}


def _is_used(page: ContractPage) -> bool:
    return bool(page.sources or page.flows)


def _stream(doc: ContractDoc) -> Part:
    return _told(
        address=doc.stream,
        title=doc.title,
        description=doc.description,
        messages={_key(doc.stream): _reference("components", "messages", _key(doc.stream))},
        tags=[{"name": tag} for tag in dict.fromkeys(doc.tags)],
    )


def _endpoint(source: SourceDoc) -> Part:
    key = _key(source.given)
    return {
        "address": source.where,
        "description": f"Where {source.system} sends what goes into the stream {source.stream}.",
        "servers": [_reference("servers", "door")],
        "messages": {key: _reference("components", "messages", key)},
        "x-trunkline-stream": source.stream,
    }


def _operations(pages: Iterable[ContractPage]) -> Part:
    operations: Part = {}
    for page in pages:
        operations |= {f"send.{one.system}.{_name(one)}": _send(one) for one in page.sources}
        operations |= {f"receive.{one.name}": _receive(one) for one in page.flows}
    return operations


def _name(source: SourceDoc) -> str:
    return source.name.partition("/")[2]


def _send(source: SourceDoc) -> Part:
    channel, given = (source.name, source.given) if source.via in PUSHED else (source.stream, source.stream)
    operation = {
        "action": "send",
        "channel": _reference("channels", channel),
        "summary": f"{source.system} sends by {source.how}.",
        "messages": [_reference("channels", channel, "messages", _key(given))],
    }
    if source.via in PUSHED:
        operation["bindings"] = {"http": {"method": "POST", "bindingVersion": BINDING}}
    return operation


def _receive(flow: FlowDoc) -> Part:
    target = flow.target
    return {
        "action": "receive",
        "channel": _reference("channels", flow.stream),
        "summary": flow.title or f"Delivers to {target.name} by {target.via}.",
        "messages": [_reference("channels", flow.stream, "messages", _key(flow.stream))],
        "x-trunkline-target": target.name,
        "x-trunkline-delivery": flow.delivery,
    }


def _components(contracts: Iterable[ContractDoc]) -> Part:
    messages, schemas = {}, {"CloudEventHeaders": _HEADERS}
    for doc in contracts:
        messages[_key(doc.stream)] = _message(doc)
        schemas[_key(doc.stream)] = _payload(doc)
    return {"messages": messages, "schemas": schemas}


def _message(doc: ContractDoc) -> Part:
    return _told(
        name=doc.stream,
        title=f"{doc.title} {doc.version}",
        summary=doc.description,
        contentType="application/json",
        headers=_reference("components", "schemas", "CloudEventHeaders"),
        payload=_reference("components", "schemas", _key(doc.stream)),
        deprecated=doc.state in ("deprecated", "retired"),
        correlationId={"location": "$message.header#/traceparent"},
        examples=[] if doc.example is NO_EXAMPLE else [{"payload": doc.example}],
    )


def _payload(doc: ContractDoc) -> Part:
    """Return a contract's schema as a Schema Object.

    That is a superset of JSON Schema draft 7, and so is what contracts are compiled to: no keyword of theirs
    means another thing there.
    """
    schema = schema_of(doc)
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}


def _told(**said: Any) -> Part:
    """Leave out what is empty."""
    return {key: value for key, value in said.items() if value}


def _key(stream: str) -> str:
    """Return a stream as a key of components, which has letters, digits, ``.``, ``-`` and ``_`` only."""
    return stream.replace("@", "-")


def _reference(*tokens: str) -> Part:
    return {"$ref": "#" + pointer_of(tokens)}
