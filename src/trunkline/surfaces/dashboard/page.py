"""What a page of the control room is: a route, the use-case behind it, and a template.

Pages are data, listed in ``pages.PAGES``; the application dispatches by them, and navigation is made of
them. A page's state (filter, sort, page) is in its URL and nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import msgspec

from trunkline.app.backbone import Backbone
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.dashboard.sights import Sights
from trunkline.surfaces.identity import Permission

ROOM = "/control"
"""Where in the door it is; ``GET /`` leads there."""

Group: TypeAlias = Literal["Now", "To mend", "Project"]
GROUPS: tuple[Group, ...] = ("Now", "To mend", "Project")

_NOT_STATE = frozenset({"fragment", "format", "seen"})


class NotThere(TrunklineError):
    """What a page is about is not there, or not any more."""


class Asked(msgspec.Struct, frozen=True):
    """A request for a page: for what, in which state, by whom.

    ``parts`` are those of the route that stand for names, ``query`` is the state.
    """

    backbone: Backbone
    sights: Sights
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    may: frozenset[Permission]

    def value(self, name: str, otherwise: str = "") -> str:
        """Return one value of the state."""
        return self.query.get(name, otherwise)

    def number(self, name: str, otherwise: int) -> int:
        """Return one value of the state as a number; what is none counts as not given."""
        given = self.query.get(name, "")
        return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else otherwise  # noqa: PLR2004  digits

    def url(self, **changes: object) -> str:
        """Return this page's address with some of its state changed; an empty value leaves it out."""
        state = {**self.query, **{name: str(value) for name, value in changes.items()}}
        told = [(name, value) for name, value in state.items() if value and name not in _NOT_STATE]
        if "format" in changes:
            told.append(("format", str(changes["format"])))
        return f"{self.path}?{urlencode(told)}" if told else self.path


class View(msgspec.Struct, frozen=True):
    """What a page shows: ``data`` for its template, and ``rows`` for its export, where it is a list.

    ``above`` are the pages between the first one and this: label and address each. ``at`` is the time of the
    data in microseconds; 0 for now. ``reports`` are further exports, by their ``format``: ``md`` is Markdown.
    A page with several ``lists`` gives each as CSV under its name: ``format=users.csv``.
    """

    title: str
    data: Any
    rows: Sequence[msgspec.Struct] | None = None
    above: tuple[tuple[str, str], ...] = ()
    at: int = 0
    reports: Mapping[str, str] = {}
    lists: Mapping[str, Sequence[msgspec.Struct]] = {}


Load: TypeAlias = Callable[[Asked], Awaitable[View]]


class Page(msgspec.Struct, frozen=True):
    """A page: ``path`` is below ``/control`` with names in braces, its template is ``<name>.html.j2``.

    One with a ``group`` stands in the navigation; ``key``, after ``g``, goes to it. ``load`` raises
    ``TrunklineError`` where there is no such thing. While somebody looks, it is asked again every
    ``every_seconds`` whether it changed; one with 0 stands still.
    """

    name: str
    path: str
    title: str
    does: str
    load: Load
    group: Group | None = None
    key: str = ""
    every_seconds: float = 2.0
