"""What a JSON Schema finds wrong with a file its user wrote, in words for that user.

Called by ``document.faults_of``. Unlike ``violations`` it may quote the value: the file is the reader's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs
import msgspec

from trunkline.kernel.faults import did_you_mean

_SHOWN = 12
_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong: where (pointer tokens; ``at_key`` points at the key), what, and what was expected."""

    tokens: tuple[str | int, ...]
    problem: str
    expected: str = ""
    hint: str = ""
    at_key: bool = False


def findings(value: Any, schema: dict[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with ``value`` by ``schema``."""
    validator = jsonschema_rs.validator_for(
        schema, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )
    for error in validator.iter_errors(value):
        yield from _explain(error, value)


def _explain(error: jsonschema_rs.ValidationError, value: Any) -> Iterator[Finding]:
    yield Finding(tuple(error.instance_path), error.kind.name, "")
