"""A secret's value, and the port that hands it out.

``secret://system/name`` is the only way a credential appears in a project. What it resolves to is a
``Secret``: it compares in constant time and cannot be printed, logged, formatted, pickled, copied or
iterated; the one way to its text is ``reveal()``, which is easy to find in a review.
"""

from __future__ import annotations

import hmac
import re
from typing import Annotated, Any, NoReturn, Protocol, TypeAlias

import msgspec

REFERENCE = re.compile(r"^secret://([a-z0-9][a-z0-9_.-]*)/([a-z0-9][a-z0-9_.-]*)$")
"""The form of a reference: ``secret://system/name``, lower case."""

SecretReference: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=REFERENCE.pattern,
        description="a secret reference such as secret://shop/api-token",
        extra_json_schema={"writeOnly": True},
    ),
]
"""The type of a setting that takes a credential: a literal there is a fault, and is not repeated in it."""


class Secret:
    """A credential that shows itself to nobody who does not ask for it by ``reveal()``."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the credential itself, to be used at once and not kept."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.reveal().encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would let a secret be a key, and be listed

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class Reference(msgspec.Struct, frozen=True, order=True):
    """A reference taken apart: the ``name`` of a secret that belongs to ``system``."""

    system: str
    name: str

    def __str__(self) -> str:
        return f"secret://{self.system}/{self.name}"


def parse_reference(text: str) -> Reference:
    """Take ``secret://system/name`` apart; raises ``ValueError`` that does not repeat the text."""
    match = REFERENCE.match(text)
    if match is None:
        raise ValueError("not a reference of the form secret://system/name, in lower case")
    return Reference(match[1], match[2])


class Secrets(Protocol):
    """A place that secrets come from; a vault with rotation implements the same port."""

    def get(self, reference: str) -> Secret:
        """Return the secret a ``secret://system/name`` reference stands for.

        Raises ``SecretUnavailable``, naming the reference and every place that was looked at.
        """
