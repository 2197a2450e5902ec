"""What an AsyncAPI 3.0 document that we write has to look like, as a JSON Schema, from the specification.

Only the part of https://www.asyncapi.com/docs/reference/specification/v3.0.0 that we use, and nothing else is
allowed there: a key that is new in our document needs a line here.
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """Return an object of the specification: extensions begin with ``x-``, other keys are not known."""
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }


def map_of(values: Any, names: str = r"^[A-Za-z0-9._~/@-]+$") -> dict[str, Any]:
    """Return a map whose keys may be named in a reference."""
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": values}


def reference(to: str) -> dict[str, Any]:
    """Return a reference to a part of the document."""
    return closed(["$ref"], **{"$ref": {"type": "string", "pattern": f"^#/{to}"}})


TAGS = {"type": "array", "uniqueItems": True, "items": closed(["name"], name=TEXT, description=TEXT)}
HTTP = closed([], http=closed([], method=TEXT, bindingVersion={"const": "0.3.0"}))
MESSAGE = closed(
    [],
    name=TEXT,
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    contentType=TEXT,
    headers=reference("components/schemas/"),
    payload=reference("components/schemas/"),
    correlationId=closed(
        ["location"],
        location={"type": "string", "pattern": r"^\$message\.(header|payload)#/"},
        description=TEXT,
    ),
    tags=TAGS,
    deprecated={"const": True},
    examples={
        "type": "array",
        "items": closed([], name=TEXT, summary=TEXT, payload={}, headers={"type": "object"}),
    },
)
CHANNEL = closed(
    [],
    address=TEXT,
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    servers={"type": "array", "items": reference("servers/"), "uniqueItems": True},
    messages=map_of(reference("components/messages/")),
    tags=TAGS,
    bindings=HTTP,
)
OPERATION = closed(
    ["action", "channel"],
    action={"enum": ["send", "receive"]},
    channel=reference("channels/"),
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    messages={
        "type": "array",
        "items": reference("channels/.+/messages/"),
        "minItems": 1,
        "uniqueItems": True,
    },
    tags=TAGS,
    bindings=HTTP,
)
SERVER = closed(["host", "protocol"], host=TEXT, protocol=TEXT, description=TEXT, title=TEXT)
ASYNCAPI = closed(
    ["asyncapi", "info"],
    asyncapi={"const": "3.0.0"},
    id={"type": "string", "pattern": "^[a-z]+:"},
    info=closed(["title", "version"], title=TEXT, version=TEXT, description=TEXT, tags=TAGS),
    defaultContentType=TEXT,
    servers=map_of(SERVER),
    channels=map_of(CHANNEL),
    operations=map_of(OPERATION),
    components=closed(
        [],
        messages=map_of(MESSAGE, r"^[\w.-]+$"),
        schemas=map_of({"type": ["object", "boolean"]}, r"^[\w.-]+$"),
    ),
)
