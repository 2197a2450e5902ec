"""Who asks at the door, and what they may do: the words that pages, API and their keeper share.

Today one administrator exists, by the token made at the first start. API keys, roles and single sign-on
come in here: they give other principals, and nothing behind this seam changes.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

Permission: TypeAlias = Literal["read", "reveal", "act", "administer"]
"""See what is masked; see personal data, which is audited; change what runs; change who may."""

ALL: frozenset[Permission] = frozenset({"read", "reveal", "act", "administer"})


class Principal(msgspec.Struct, frozen=True):
    """Somebody who was recognised; ``name`` is what the audit says of them."""

    name: str
    may: frozenset[Permission]


class Session(msgspec.Struct, frozen=True):
    """A principal that a browser's cookie stands for, with the token its forms have to send (``csrf``)."""

    principal: Principal
    csrf: str

    def sent(self, given: str) -> bool:
        """Tell whether a form, or the header of a request, has what only a page of this session knows."""
        return hmac.compare_digest(self.csrf.encode(), given.encode())


class Doorkeeper(Protocol):
    """Tells from a request's headers who asks; None where nobody that is known does."""

    def bearer(self, headers: Mapping[bytes, bytes]) -> Principal | None:
        """Recognise who sends a token, as programs do."""

    def session(self, headers: Mapping[bytes, bytes]) -> Session | None:
        """Recognise who has logged in with a browser."""
