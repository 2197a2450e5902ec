"""The port of what carries a message to people: a signed webhook, a notification service."""

from __future__ import annotations

from typing import Protocol

import msgspec

from trunkline.observe.alerts.rule import Severity


class Letter(msgspec.Struct, frozen=True):
    """A message as it goes out, for people (``title``, ``text``) and for programs (``payload``, JSON).

    ``id`` is the same on every attempt. ``over`` says that what it tells of is over.
    """

    id: str
    title: str
    text: str
    severity: Severity
    over: bool
    payload: bytes


class Channel(Protocol):
    """Carries letters. Implementations hold no connection between two of them."""

    async def send(self, letter: Letter) -> None:
        """Return once the other side has taken it.

        Raises ``Final`` where nobody wants it any more, ``Retryable`` for all else that went wrong; both say
        nothing of the address, which may hold a token. Raises ``SecretUnavailable`` without a credential.
        """
