"""Named texts, such as a CSV row, to a typed record.

Called by ``contract.typed`` once a row; the converters are chosen once a contract. Dates, times and other
texts stay texts: the validator checks them as it checks any record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from trunkline.contracts.field import Field
from trunkline.contracts.violations import Violation
from trunkline.kernel import json

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][-+]?[0-9]{1,3})?")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
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
    if _INTEGER.fullmatch(text):
        return int(text)
    value = number(text)
    if value != value.to_integral_value():
        raise ValueError("has a fraction")
    return int(value)


def number(text: str) -> Any:
    """Read a number with all its digits. Raises ``ValueError``."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def boolean(text: str) -> bool:
    """Read true or false in the usual spellings. Raises ``ValueError``."""
    try:
        return _WORDS[text]
    except KeyError:
        raise ValueError("neither true nor false") from None


def _text(text: str) -> str:
    return text


_CONVERTERS: dict[str, Convert] = {
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "object": json.decode,
    "array": json.decode,
}


class Column:
    """Where the text of one column goes: the path of its field, its converter, and what empty means."""

    __slots__ = ("convert", "field", "name", "parents")

    def __init__(self, field: Field) -> None:
        self.field = field
        self.name = field.path[-1]
        self.parents = field.path[:-1]
        self.convert = _CONVERTERS.get(field.kind)


class Texts:
    """The columns of one contract, by field name, dotted path and physical name."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._columns: dict[str, Column] = {}
        columns = [Column(field) for field in fields if "-" not in field.path and "*" not in field.path]
        for column in columns:
            self._columns.setdefault(".".join(column.field.path), column)
        for column in columns:
            if column.field.physical_name and not column.parents:
                self._columns.setdefault(column.field.physical_name, column)

    def typed(self, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Violation]]:
        """Return the record and the violations of texts that are not what their column holds."""
        record: dict[str, Any] = {}
        wrong: list[Violation] = []
        columns = self._columns
        for name, text in texts.items():
            column = columns.get(name)
            if column is None:
                record[name] = text
                continue
            into = record if not column.parents else _inner(record, column.parents)
            if not text:
                if not column.field.required:
                    into[column.name] = None
            elif column.convert is None:
                into[column.name] = text
            else:
                try:
                    into[column.name] = column.convert(text)
                except ValueError:
                    wrong.append(Violation(column.field.pointer, "type", _EXPECTED[column.field.kind]))
        return record, wrong


def _inner(record: dict[str, Any], parents: tuple[str, ...]) -> dict[str, Any]:
    for name in parents:
        inner = record.get(name)
        if not isinstance(inner, dict):
            inner = record[name] = {}
        record = inner
    return record
