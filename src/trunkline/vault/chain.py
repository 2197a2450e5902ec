"""Several places that may hold a secret, asked in their order.

The composition root chains the environment before the secrets file; the vault with rotation will be one
more place in the same chain, so nothing that asks for a secret changes when it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.secret import Reference, Secret, parse_reference


class Found(NamedTuple):
    """A secret, and when the place it was found in was last written (microseconds); None: it cannot tell."""

    secret: Secret
    written: int | None


class Place(Protocol):
    """One place that secrets are kept in."""

    def find(self, reference: Reference) -> Secret | None:
        """Return the secret, or None where this place does not hold it.

        Raises ``SecretUnavailable`` where the place itself cannot be used, saying what to do.
        """

    def written(self) -> int | None:
        """Return when this place was last written, in microseconds; None where it cannot tell."""

    def where(self, reference: Reference) -> str:
        """Say where in this place the secret would stand, so that a person can put it there."""


class ChainedSecrets:
    """A ``Secrets`` port that asks each place in turn; the first that has the secret answers."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = tuple(places)

    def get(self, reference: str) -> Secret:
        """Return the secret that ``secret://system/name`` stands for.

        Raises ``SecretUnavailable``, naming the reference and every place that was looked at.
        """
        return self.found(reference).secret

    def written(self) -> int | None:
        """Return when any of the places was last written, in microseconds; None where none can tell."""
        return max((one for place in self._places if (one := place.written()) is not None), default=None)

    def found(self, reference: str) -> Found:
        """Return a secret with what its place knows of it; raises as ``get`` does."""
        try:
            parsed = parse_reference(reference)
        except ValueError as error:
            raise SecretUnavailable(f"a secret is asked for by what is {error}") from None
        for place in self._places:
            secret = place.find(parsed)
            if secret is not None:
                return Found(secret, place.written())
        looked = " or ".join(place.where(parsed) for place in self._places) or "a place for secrets"
        raise SecretUnavailable(f"{parsed} has no value: set {looked}")
