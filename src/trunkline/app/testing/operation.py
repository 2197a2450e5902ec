"""The operation of an OpenAPI file that a target's request is: its path, its method, its parameters."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from trunkline.adapters.http.request import Request, Segment, compile_request
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.app.testing.dialect import Unusable
from trunkline.app.testing.result import Finding
from trunkline.app.testing.spec import HOLE, Found, Spec, values_at
from trunkline.kernel.faults import did_you_mean

_HOLE = re.compile(f"{HOLE}([^{HOLE}]*){HOLE}")
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
_OURS = frozenset(
    {"accept", "accept-encoding", "content-type", "idempotency-key", "traceparent", "user-agent"}
)
"""Headers that every request has."""
_IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI has stated elsewhere: their definitions here do not count."""


class Operation(msgspec.Struct, frozen=True):
    """An operation, its path template with the base path of its server, and its parameters."""

    template: str
    part: Found
    parameters: list[Found]


def operation_of(spec: Spec, settings: HttpSettings, connection: HttpConnection) -> Operation | Finding:
    """Return the operation that a target asks for, or what is wrong; raises ``Unusable``."""
    request = compile_request(settings.request)
    path = _path(request, connection)
    others: list[str] = []
    for template in spec.paths:
        if not any(values_at(base + template, path) is not None for base in _possible(spec, template, path)):
            continue
        item = spec.path_item(template)
        operation = item.value.get(request.method.lower())
        if operation is None:
            others += [name.upper() for name in _METHODS if name in item.value]
            continue
        part = Found(f"{item.pointer}/{request.method.lower()}", spec.part(operation).value)
        for base in spec.bases(part, item):
            if values_at(base + template, path) is not None:
                return Operation(base + template, part, _parameters(spec, item, part))
    return _no_method(settings, others) if others else _no_path(spec, settings, path)


def _possible(spec: Spec, template: str, path: str) -> list[str]:
    """Return base paths that would make a template fit, without following what is far off."""
    ours, theirs = path.split("/"), template.split("/")
    base = "/".join(ours[: len(ours) - len(theirs) + 1])
    if values_at(base + template, path) is None:
        return []
    return spec.bases(spec.path_item(template)) + _of_methods(spec, template)


def _of_methods(spec: Spec, template: str) -> list[str]:
    item = spec.path_item(template)
    each = (item.value.get(method) for method in _METHODS)
    return [base for one in each if isinstance(one, dict) for base in spec.bases(Found("", one), item)]


def _outline(request: Request) -> str:
    """Return a request's path with the name of a field, between two ``HOLE``, for each value."""
    return "/" + "/".join(map(_with_holes, request.segments))


def _with_holes(segment: Segment) -> str:
    return "".join(part if isinstance(part, str) else f"{HOLE}{part[0]}{HOLE}" for part in segment)


def fields_of(
    operation: Operation, settings: HttpSettings, connection: HttpConnection
) -> dict[tuple[str, str], str]:
    """Return the field of the record that gives a parameter, by the parameter's place and name.

    A parameter that holds more than the one field has none.
    """
    request = compile_request(settings.request)
    given = values_at(operation.template, _path(request, connection)) or {}
    texts = {("path", name): text for name, text in given.items()}
    texts |= {("query", name): _with_holes(value) for name, value in request.parameters}
    named = {key: text[1:-1] for key, text in texts.items() if text[:1] == text[-1:] == HOLE}
    return {key: field for key, field in named.items() if HOLE not in field}


def _path(request: Request, connection: HttpConnection) -> str:
    return urlsplit(connection.url).path.rstrip("/") + _outline(request)


def _no_method(settings: HttpSettings, others: list[str]) -> Finding:
    return Finding("method", reason=f"{settings.request}: the path takes {', '.join(others)} only")


def _no_path(spec: Spec, settings: HttpSettings, path: str) -> Finding:
    shown = _HOLE.sub(r"{\1}", path)
    for template in spec.paths:
        ours, theirs = path.split("/"), template.split("/")
        tail = "/".join(["", *ours[len(ours) - len(theirs) + 1 :]])
        if len(theirs) <= len(ours) and values_at(template, tail) is not None:
            bases = " or ".join(base or "/" for base in spec.bases(spec.path_item(template)))
            hint = f"it has {template} below {bases}: see the system's connection.url"
            return Finding("path", reason=f"{settings.request}: no path of the file is {shown}; {hint}")
    hint = did_you_mean(shown, spec.paths)
    return Finding("path", reason=f"{settings.request}: no path of the file is {shown}; {hint}".rstrip("; "))


def _parameters(spec: Spec, *owners: Found) -> list[Found]:
    """Return the parameters of a path and its operation; one of the operation replaces one of the path."""
    found: dict[tuple[Any, Any], Found] = {}
    for owner in owners:
        listed = owner.value.get("parameters", [])
        if not isinstance(listed, list):
            raise Unusable(f"{owner.pointer}/parameters", "expected a list")
        for at, one in enumerate(listed):
            parameter = spec.part(one)
            where = parameter.pointer or f"{owner.pointer}/parameters/{at}"
            found[str(parameter.value.get("name")), parameter.value.get("in")] = Found(where, parameter.value)
    return list(found.values())


def missing_parameters(
    operation: Operation, settings: HttpSettings, connection: HttpConnection
) -> list[Finding]:
    """Return a finding for each required parameter that no request gives."""
    header = connection.auth.header
    given = {
        "query": {name for name, _ in compile_request(settings.request).parameters},
        "header": _OURS
        | {name.lower() for name in settings.headers}
        | {header.name.lower() if header else ""},
    }
    findings = []
    for one in operation.parameters:
        name, place = str(one.get("name")), str(one.get("in"))
        if (
            one.get("required") is not True
            or place == "path"
            or (place == "header" and name.lower() in _IGNORED)
        ):
            continue
        if (name.lower() if place == "header" else name) not in given.get(place, ()):
            hint = did_you_mean(name, given.get(place, ()))
            reason = f'the {place} parameter "{name}" is required, and no request gives it; {hint}'
            findings.append(Finding("parameter", one.pointer, reason.rstrip("; ")))
    return findings
