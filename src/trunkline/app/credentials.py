"""Credentials that stand in a project file themselves, found before anything quotes the file.

A project folder is under version control: whoever can read it must not read a credential. The fault
names the reference to write instead and never repeats the text. Its place hides every other fault
there, because those may quote what they find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import re2

from trunkline.adapters.keyfile.secrets import variable_of
from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault
from trunkline.vault.secret import REFERENCE, Reference, parse_reference

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


def shared_variables(documents: Sequence[Document]) -> list[Fault]:
    """Return a fault for each reference whose environment variable is that of another one before it.

    Only letters, digits and ``_`` are left of a name there: one variable would be two secrets.
    """
    first: dict[str, Reference] = {}
    faults = []
    for document in documents:
        for tokens, text in _texts(document.value, ()):
            if not REFERENCE.match(text):
                continue
            reference = parse_reference(text)
            variable = variable_of(reference)
            other = first.setdefault(variable, reference)
            if other != reference:
                problem = f"{reference} and {other} would both be {variable} in the environment"
                faults.append(document.fault(tokens, problem, "names that differ in more than . - and _"))
    return faults


def references(documents: Sequence[Document]) -> dict[str, tuple[str, ...]]:
    """Return every reference that stands in documents, with the files it stands in."""
    found: dict[str, tuple[str, ...]] = {}
    for document in documents:
        for one in sorted({text for _, text in _texts(document.value, ()) if REFERENCE.match(text)}):
            found[one] = (*found.get(one, ()), document.file)
    return found


def _literals(value: Any, tokens: Tokens) -> Iterator[Tokens]:
    for place, text in _texts(value, tokens):
        if not REFERENCE.match(text) and _is_credential(place, text):
            yield place


def _texts(value: Any, tokens: Tokens) -> Iterator[tuple[Tokens, str]]:
    """Yield every text of a document with the way to it."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*tokens, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*tokens, index))
    elif isinstance(value, str):
        yield tokens, value


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
