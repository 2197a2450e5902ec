"""References that are JSON pointers (RFC 6901) into their own schema, followed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.field import path_of


def tokens_of(reference: str) -> tuple[str, ...] | None:
    """Return the tokens of a reference that is a JSON pointer into its own schema; None of another."""
    if reference == "#":
        return ()
    if not reference.startswith("#/"):
        return None
    return path_of(unquote(reference[1:]))


def at(root: Schema, tokens: Iterable[str]) -> Schema | None:
    """Return the schema at the tokens of a JSON pointer, None where there is none."""
    found: Any = root
    for token in tokens:
        found = _step(found, token)
    return found if isinstance(found, (dict, bool)) else None


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token)
    if isinstance(value, list) and token.isascii() and token.isdigit():
        return value[int(token)] if int(token) < len(value) else None
    return None
