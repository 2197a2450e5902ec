"""Where the next page of a list begins, as a text that says nothing to whoever sends it back."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.app.questions import Question
from trunkline.kernel.errors import UsageError


def cursor_of(question: Question) -> str:
    """Return where a question's page begins."""
    where: Any = getattr(question, "where", question)
    places = {name: getattr(where, name) for name in question.places}
    return base64.urlsafe_b64encode(msgspec.json.encode(places)).decode().rstrip("=")


def at_cursor(question: Question, cursor: str) -> Question:
    """Return a question for the page that begins there; raises ``UsageError`` for what is no cursor."""
    where: Any = getattr(question, "where", question)
    types = {one.name: one.type for one in msgspec.structs.fields(type(where)) if one.name in question.places}
    kind = msgspec.defstruct("Places", [*types.items()], forbid_unknown_fields=True)
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        places = msgspec.structs.asdict(msgspec.json.decode(text, type=kind))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise UsageError("this is no cursor: take it from the page before, as it is") from None
    begun: Question = replace(question, **places) if where is question else _within(question, places)
    return begun


def _within(question: Any, places: dict[str, Any]) -> Question:
    begun: Question = replace(question, where=replace(question.where, **places))
    return begun
