"""The log-in's page: what whoever keeps the door shows to who is not known."""

from __future__ import annotations

from trunkline.surfaces.dashboard.answers import own
from trunkline.surfaces.dashboard.render import rendered


def login_page(there: str = "", problem: str = "") -> bytes:
    """Return the page that asks for the token; its form posts ``token`` and ``next`` to its own address.

    ``there`` is the page to go on at, ``problem`` why it is asked again.
    """
    return rendered("login", {"there": own(there), "problem": problem})
