"""Names that come in the path of a request: any text but what no terminal should be given."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import unquote

NAME_CHARACTERS: Final = 1_000
"""The most characters of a name."""


def name_in(part: str) -> str:
    """Return the name that a part of a path encodes; raises ``ValueError`` for what is none."""
    try:
        name = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("a name is UTF-8, percent-encoded") from None
    if len(name) > NAME_CHARACTERS:
        raise ValueError(f"a name has at most {NAME_CHARACTERS} characters")
    if any(unicodedata.category(one) == "Cc" for one in name):
        raise ValueError("a name has no control characters")
    return name
