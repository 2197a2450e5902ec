"""Credentials that stand in a project file themselves, found before anything quotes the file.

A project folder is under version control: whoever can read it must not read a credential. The fault
names the reference to write instead and never repeats the text. Its place hides every other fault
there, because those may quote what they find.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import re2

from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault
from trunkline.vault.secret import REFERENCE

Tokens = tuple[str | int, ...]

_CREDENTIAL = re2.compile(
    r"(?i)(^|[_-])(password|passwd|passphrase|secret|secrets|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|authorization|bearer|credential|credentials)$"
)
_SYSTEM = re2.compile(r"^[a-z0-9][a-z0-9_-]*$")
_HOLDERS = ("auth", "verify")
_NOT_SECRET = frozenset(
    {
        "algorithm",
        "encoding",
        "header",
        "id_header",
        "name",
        "prefix",
        "signed",
        "timestamp_header",
        "user",
        "username",
    }
)


def literal_credentials(document: Document) -> list[Fault]:
    """Return a fault for every text of a system's file that is a credential by its key or its form."""
    system = str(document.value.get("system", "")) if isinstance(document.value, dict) else ""
    return [_fault(document, tokens, system) for tokens in _literals(document.value, ())]


def _literals(value: Any, tokens: Tokens) -> Iterator[Tokens]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _literals(child, (*tokens, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _literals(child, (*tokens, index))
    elif isinstance(value, str) and not REFERENCE.match(value) and _is_credential(tokens, value):
        yield tokens


def _is_credential(tokens: Tokens, text: str) -> bool:
    keys = [token for token in tokens if isinstance(token, str)]
    if _has_password(text):
        return True
    if not text or keys[-1] in _NOT_SECRET:
        return False
    if keys[-1] in _HOLDERS:
        return text != "none"
    return any(holder in keys for holder in _HOLDERS) or bool(_CREDENTIAL.search(keys[-1]))


def _has_password(text: str) -> bool:
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False


def _fault(document: Document, tokens: Tokens, system: str) -> Fault:
    keys = [token for token in tokens if isinstance(token, str) and token not in ("secret", "value")]
    name = re2.sub(r"[^a-z0-9]+", "-", keys[-1].lower()).strip("-")
    reference = f"secret://{system if _SYSTEM.match(system) else 'system'}/{name or 'password'}"
    return document.fault(
        tokens,
        "a credential that stands in the file itself",
        f"a reference, such as {reference}",
        "put its value in the environment or the secrets file, and replace it: this one has been seen",
    )
