"""Why a case failed, in words that are the same for all that failed alike: what people group by.

Two dead letters have one cause when their latest failures are of one class and their details differ in
nothing but numbers, identifiers and addresses. Every ledger writes causes by this function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trunkline.delivery.ledger import Try

CAUSE_CHARACTERS = 160
"""A cause is cut to this length: what differs later does not make another group."""

_BETWEEN = r"\s\"'`{}\[\]()<>,;=|"
_NAMES_ONE = re.compile(rf"(?<![^{_BETWEEN}])[^{_BETWEEN}0-9@]*+[0-9@](?:[^{_BETWEEN}]*[^{_BETWEEN}:.!?])?")
"""A word, from its beginning, with a digit or an ``@`` in it, but for the marks that end a sentence."""


class Cause(msgspec.Struct, frozen=True, gc=False):
    """The class of a failure, and what it says of every event that fails so."""

    kind: str = ""
    text: str = ""


def cause_of(tries: Sequence[Try]) -> Cause:
    """Return the cause of the latest of failed attempts; empty where none failed.

    A word with a digit or an ``@`` in it tells one event from another, so it is written ``#``.
    """
    if not tries:
        return Cause()
    latest = tries[-1]
    return Cause(latest.kind, _NAMES_ONE.sub("#", latest.detail)[:CAUSE_CHARACTERS])
