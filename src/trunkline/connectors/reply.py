"""From a target's answer to a caller's: what a request gets back, and the mapping that makes it.

A request source waits for the ``Reply`` to its event; the flow that answers makes it of the target's
``Response``. The mapping reads ``status``, ``headers`` (lower-case names) and ``body`` in the language of
every mapping.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from trunkline.connectors.mapping import Mapping, MappingRefused, Problem, compile_mapping
from trunkline.connectors.target import Response
from trunkline.kernel import json
from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.faults import did_you_mean

PARTS = ("status", "headers", "body")
"""What a reply's mapping may read."""

_WHOLE = "reply"


class Reply(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a caller is told: ``body``, a JSON text, or why there is none.

    ``kind`` is the short class of what went wrong, empty where nothing did, and ``detail`` what a person can
    read about it; neither repeats a value of a record or of an answer. ``correlation`` is that of the event.
    """

    body: bytes = b""
    kind: str = ""
    detail: str = ""
    correlation: str = ""


ToReply: TypeAlias = Callable[[Response], Reply]
"""Makes the reply of a response; raises nothing, as the effect took place whatever came back."""


def compile_reply(spec: str | dict[str, str]) -> ToReply:
    """Compile one expression, or ``{field: expression}``, over a response.

    Raises ``MappingRefused`` with all that is wrong.
    """
    mapping = compile_mapping({_WHOLE: spec} if isinstance(spec, str) else spec)
    unknown = [_unknown(field, path) for field, paths in mapping.lineage.items() for path in _strange(paths)]
    if unknown:
        raise MappingRefused(unknown)

    def to_reply(response: Response) -> Reply:
        if not response.is_whole:
            return Reply(kind="size", detail="the target's answer is larger than what is passed on")
        try:
            return Reply(json.encode(_mapped(mapping, response, spec)))
        except DeliveryError as error:
            return Reply(kind="reply", detail=f"the target's answer does not fit the reply: {error.detail}")
        except ValueError:
            return Reply(kind="json", detail="the target's answer is not the JSON or text that it says it is")

    return to_reply


def _strange(paths: frozenset[str]) -> list[str]:
    return sorted(path for path in paths if path.partition(".")[0] not in (*PARTS, ""))


def _unknown(field: str, path: str) -> Problem:
    hint = did_you_mean(path.partition(".")[0], PARTS)
    return Problem(field, f'it reads "{path}"', expected="status, headers or body", hint=hint)


def _mapped(mapping: Mapping, response: Response, spec: str | dict[str, str]) -> Any:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = _body(response.body, headers.get("content-type", ""))
    record = {"status": response.status, "headers": headers, "body": body}
    mapped = mapping(record) or {}
    return mapped.get(_WHOLE) if isinstance(spec, str) else mapped


def _body(body: bytes, content_type: str) -> Any:
    """Read a body: JSON where it says so, or else its text; raises ``ValueError`` where it is neither."""
    if not body:
        return None
    return json.decode(body) if "json" in content_type.lower() else body.decode()
