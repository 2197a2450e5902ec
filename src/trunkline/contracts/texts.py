"""Named texts, such as a CSV row, to a typed record.

Called by ``contract.typed`` once a row; the converters are chosen once a contract. Dates, times and other
texts stay texts: the validator checks them as it checks any record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from trunkline.contracts.field import Field
from trunkline.contracts.violations import Violation
from trunkline.kernel import json

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][-+]?[0-9]{1,3})?")
_DIGITS = 400
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE", "1", "yes", "Yes", "YES", "y", "Y", "t", "T"), True),
    **dict.fromkeys(("false", "False", "FALSE", "0", "no", "No", "NO", "n", "N", "f", "F"), False),
}
_EXPECTED = {
    "integer": "expected an integer",
    "number": "expected a number with a point before its fraction",
    "boolean": "expected true or false",
    "object": "expected a JSON object",
    "array": "expected a JSON array",
    "any": "expected a value",
}

Convert: TypeAlias = Callable[[str], Any]


def integer(text: str) -> Any:
    """Read a whole number; ``6.00`` is one, as it is in JSON Schema. Raises ``ValueError``."""
    if len(text) <= _DIGITS and text.isascii() and text.isdigit():
        return int(text)
    value = number(text)
    if value != value.to_integral_value():
        raise ValueError("has a fraction")
    return int(value)


def number(text: str) -> Any:
    """Read a number with all its digits. Raises ``ValueError``."""
    plain = len(text) <= _DIGITS and text.isascii() and text.replace(".", "", 1).isdigit()
    if not plain and not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def boolean(text: str) -> bool:
    """Read true or false in the usual spellings. Raises ``ValueError``."""
    try:
        return _WORDS[text]
    except KeyError:
        raise ValueError("neither true nor false") from None


_CONVERTERS: dict[str, Convert] = {
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "object": json.decode,
    "array": json.decode,
}


class _Column(NamedTuple):
    """Where the text of one column goes: above its name, its converter, and whether empty is null."""

    parents: tuple[str, ...]
    name: str
    convert: Convert | None
    nullable: bool
    wrong: Violation


def _column(field: Field) -> _Column:
    wrong = Violation(field.pointer, "type", _EXPECTED.get(field.kind, ""))
    return _Column(field.path[:-1], field.path[-1], _CONVERTERS.get(field.kind), not field.required, wrong)


class Texts:
    """The columns of one contract, by field name, dotted path and physical name."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._columns: dict[str, _Column] = {}
        plain = [field for field in fields if "-" not in field.path and "*" not in field.path]
        for field in plain:
            self._columns.setdefault(".".join(field.path), _column(field))
        for field in plain:
            if field.physical_name and len(field.path) == 1:
                self._columns.setdefault(field.physical_name, _column(field))

    def typed(self, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Violation]]:
        """Return the record and the violations of texts that are not what their column holds."""
        record: dict[str, Any] = {}
        faults: list[Violation] = []
        find = self._columns.get
        for header, text in texts.items():
            column = find(header)
            if column is None:
                record[header] = text
                continue
            parents, name, convert, nullable, wrong = column
            into = _inner(record, parents) if parents else record
            if not text:
                if nullable:
                    into[name] = None
            elif convert is None:
                into[name] = text
            else:
                try:
                    into[name] = convert(text)
                except ValueError:
                    faults.append(wrong)
        return record, faults


def _inner(record: dict[str, Any], parents: tuple[str, ...]) -> dict[str, Any]:
    for name in parents:
        inner = record.get(name)
        if not isinstance(inner, dict):
            inner = record[name] = {}
        record = inner
    return record
