"""An OpenAPI file: read within bounds, its references followed within it, its operations found by request.

Only what a target uses is looked at, so a fault elsewhere in a large file stops nothing. Nothing is fetched.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from trunkline.app.testing.dialect import Schemas, Unusable
from trunkline.contracts import reading
from trunkline.contracts.compat.pointers import tokens_of
from trunkline.contracts.document import Document
from trunkline.contracts.field import pointer_of
from trunkline.kernel import json
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

MOST_JSON_BYTES = 16 * 1_048_576
"""The largest file in JSON; one in YAML may be as large as every YAML file of a project."""
MOST_HOPS = 20
"""How many references may lead from one to the next."""

MOST_IN_SEGMENT = 5
"""The most parameters in one segment of a path that are told apart."""

HOLE = "\0"
"""What stands in a path before and after the name of a field."""

_VERSION = re.compile(r"3\.[01](\.\d+)?$")
_DIALECTS = ("https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema")
_TEMPLATE = re.compile(r"\{[^{}/]*\}")


class Found(msgspec.Struct, frozen=True):
    """A part of the file: its JSON pointer and what stands there."""

    pointer: str
    value: dict[str, Any]

    def get(self, *keys: str) -> Any:
        """Return what stands below, None where there is nothing."""
        value: Any = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


class Spec:
    """One OpenAPI document, 3.0 or 3.1. Raises ``Unusable`` for one that is none."""

    def __init__(self, value: Any) -> None:
        version = value.get("openapi") if isinstance(value, dict) else None
        if not isinstance(version, str) or not _VERSION.match(version):
            stated = "swagger 2.0" if isinstance(value, dict) and "swagger" in value else version
            raise Unusable("/openapi", f'expected OpenAPI 3.0 or 3.1, not "{stated}"')
        if not isinstance(value.get("paths"), dict):
            raise Unusable("/paths", "the file has no paths")
        if value.get("jsonSchemaDialect", _DIALECTS[0]) not in _DIALECTS:
            raise Unusable("/jsonSchemaDialect", "its schemas are written in a dialect that is not read")
        self._value = value
        self.schemas = Schemas(self.find, is_30=version.startswith("3.0"))

    def find(self, reference: str) -> Any:
        """Return what a local reference leads to; raises ``Unusable``."""
        tokens = tokens_of(reference)
        found = self._value
        for token in tokens or ():
            if isinstance(found, list) and token.isdecimal() and int(token) < len(found):
                found = found[int(token)]
            elif isinstance(found, dict) and token in found:
                found = found[token]
            else:
                tokens = None
                break
        if tokens is None:
            outside = not reference.startswith("#")
            why = "leads out of the file, and nothing is fetched" if outside else "leads to nothing"
            raise Unusable(reference.removeprefix("#"), f'the reference "{reference}" {why}')
        return found

    def part(self, value: Any, *path: str) -> Found:
        """Return an object of the file, its references followed; raises ``Unusable``."""
        pointer = pointer_of(path)
        for _ in range(MOST_HOPS):
            if not isinstance(value, dict):
                raise Unusable(pointer, "expected an object")
            if not isinstance(value.get("$ref"), str):
                return Found(pointer, value)
            pointer = value["$ref"].removeprefix("#")
            value = self.find(value["$ref"])
        raise Unusable(pointer, "the references lead round in a circle")

    @property
    def paths(self) -> list[str]:
        """Every path template, the most concrete first."""
        return sorted(self._value["paths"], key=lambda one: (one.count("{"), one))

    def path_item(self, template: str) -> Found:
        """Return what is said of a path; raises ``Unusable``."""
        return self.part(self._value["paths"][template], "paths", template)

    def bases(self, *owners: Found) -> list[str]:
        """Return the paths that servers lead to: those of the first owner that names any, or of the file."""
        stated = [one.value["servers"] for one in owners if one.value.get("servers")]
        stated += [self._value["servers"]] if self._value.get("servers") else []
        servers = stated[0] if stated and isinstance(stated[0], list) else [{"url": "/"}]
        urls = (_url(one) for one in servers if isinstance(one, dict))
        return list(dict.fromkeys(urlsplit(url).path.rstrip("/") for url in urls)) or [""]


def values_at(template: str, path: str) -> dict[str, str] | None:
    """Return the values of a template's parameters in a path, None where it is not one it describes.

    The path is percent-encoded; one that stands for many has names of fields for values.
    """
    theirs, ours = template.split("/"), path.split("/")
    if len(theirs) != len(ours):
        return None
    values: dict[str, str] = {}
    for segment, text in zip(theirs, ours, strict=True):
        names = _TEMPLATE.findall(segment)
        literals = (re.escape(unquote(part)) for part in _TEMPLATE.split(segment))
        match = re.fullmatch("(.+?)".join(literals), unquote(text), re.DOTALL)
        if match is None or len(names) > MOST_IN_SEGMENT:
            return None
        values |= dict(zip((name[1:-1] for name in names), match.groups(), strict=True))
    return values


def _url(server: dict[str, Any]) -> str:
    """Return a server's address with the defaults of its variables."""
    variables = server.get("variables") or {}
    url = str(server.get("url", "/"))
    for name, one in variables.items() if isinstance(variables, dict) else ():
        url = url.replace(f"{{{name}}}", str(one.get("default", "")) if isinstance(one, dict) else "")
    return url


def read_spec(path: Path) -> Spec:
    """Read an OpenAPI file, JSON or YAML; raises ``ProjectError`` with what makes it unusable."""
    most = MOST_JSON_BYTES if path.suffix == ".json" else reading.MAX_BYTES
    try:
        with path.open("rb") as file:
            text = file.read(most + 1)
    except OSError as error:
        raise _refused(path, f"the file cannot be read: {error.strerror}", "an OpenAPI file") from None
    if len(text) > most:
        hint = f"; in JSON it may have {MOST_JSON_BYTES:,}" if most < MOST_JSON_BYTES else ""
        raise _refused(path, "the file is too large", f"at most {most:,} bytes{hint}")
    try:
        return Spec(json.decode(text) if path.suffix == ".json" else Document.load(text, str(path)).value)
    except ValueError as error:
        raise _refused(path, f"it is no JSON: {error}", "an OpenAPI file") from None
    except Unusable as error:
        raise _refused(path, f"{error.pointer}: {error}", "") from None


def _refused(path: Path, problem: str, expected: str) -> ProjectError:
    return ProjectError([Fault(Place(str(path)), problem, expected)])
