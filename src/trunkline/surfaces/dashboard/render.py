"""From a view to HTML: the template engine, with everything escaped and nothing marked as safe."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from trunkline.app.kpis import Point
from trunkline.kernel import json
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.rollup import MINUTE
from trunkline.surfaces.dashboard import charts, words
from trunkline.surfaces.dashboard.page import ROOM

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = {
    "house.css": "text/css; charset=utf-8",
    "room.css": "text/css; charset=utf-8",
    "room.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The files that pages load, and what each is served as."""


def rendered(template: str, values: dict[str, Any]) -> bytes:
    """Return a page's HTML."""
    return environment().get_template(f"{template}.html.j2").render(values).encode()


@functools.cache
def static(name: str) -> bytes:
    """Return a static file; ``house.css`` is the documentation's, so that both look alike."""
    if name == "house.css":
        return (resources.files("trunkline.surfaces.docs") / "static" / "style.css").read_bytes()
    return (resources.files(__package__) / "static" / name).read_bytes()


@functools.cache
def address(name: str) -> str:
    """Return where a static file is: another address where its bytes are others, so that it may be kept."""
    return f"{ROOM}/static/{name}?v={hashlib.sha256(static(name)).hexdigest()[:12]}"


@functools.cache
def environment() -> Environment:
    """Return the engine: everything is escaped, and a name that is not there is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  loaded with the first page

    from trunkline.surfaces.dashboard.compiled import Compiled  # noqa: PLC0415  as above

    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        bytecode_cache=Compiled(Path(__file__).with_name("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        words.count,
        words.named,
        words.percent,
        words.span,
        words.ago,
        words.utc,
        words.iso,
        words.size,
    )
    made.filters |= {"pretty": _pretty, "chart": _chart, "quoted": lambda text: quote(text, safe="")}
    made.filters |= {one.__name__: one for one in (*filters, words.plain, words.rate)} | {
        "spark": charts.spark
    }
    made.globals |= {"ROOM": ROOM, "static": address, "LABELS": LABELS, "LEVELS": LEVELS, "MARKS": MARKS}
    return made


def _chart(points: Sequence[Point], field: str) -> charts.Chart:
    """Return one number of every minute as bars."""
    values = [(from_rfc3339(point.at), float(getattr(point, field))) for point in points]
    return charts.bars(values, values[-1][0] + MINUTE if values else 0)


def _pretty(value: Any) -> str:
    return msgspec.json.format(json.encode(value), indent=2).decode()


LABELS = {
    "away": "Target away",
    "late": "Late",
    "dead": "Dead letters",
    "isolated": "Isolated",
    "retrying": "Retrying",
    "paused": "Paused",
    "behind": "Catching up",
    "idle": "Idle",
    "ok": "OK",
    "there": "OK",
    "silent": "Silent",
    "pending": "Pending",
    "firing": "Firing",
    "acknowledged": "Acknowledged",
    "resolved": "Resolved",
    "page": "Page",
    "ticket": "Ticket",
    "info": "Info",
    "running": "Running",
    "cancelled": "Cancelled",
    "sent": "Sent",
    "waiting": "Waiting",
    "dead-letter": "Dead letter",
    "held": "Held",
    "delivered": "Delivered",
    "dropped": "Dropped by a rule",
    "skipped": "Not for it",
    "silenced": "Silenced",
    "discarded": "Given up",
    "superseded": "Superseded",
    "begun": "Begun",
    "done": "Done",
    "failed": "Failed",
    "refused": "Refused",
    "draft-refused": "Draft, would be refused",
    "draft": "Draft",
    "advised": "Passes, with advice",
    "passes": "Passes",
    "pass": "Pass",
    "error": "To mend",
    "advice": "Advice",
    "active": "Active",
    "deprecated": "Deprecated",
    "retired": "Retired",
    "ended": "Ended",
    "open": "Open",
    "unregistered": "Not registered",
    "compatible": "Compatible",
    "undecided": "Undecided",
    "breaking": "Breaking",
}
"""What a chip says for each word of the use-cases."""

LEVELS = (
    dict.fromkeys(("away", "late", "silent", "failed", "refused", "error", "breaking", "open"), "bad")
    | dict.fromkeys(("dead", "dead-letter", "isolated", "retrying", "waiting", "paused", "begun"), "warn")
    | dict.fromkeys(("draft-refused", "advice", "deprecated", "undecided"), "warn")
    | dict.fromkeys(("behind", "ok", "there", "done", "delivered"), "good")
    | dict.fromkeys(("firing", "page", "refused", "dead-lettered"), "bad")
    | dict.fromkeys(("acknowledged", "ticket", "held"), "warn")
    | dict.fromkeys(("resolved", "running", "sent", "answered"), "good")
    | dict.fromkeys(("passes", "advised", "pass", "active", "compatible", "ended"), "good")
)
"""How a chip looks for each: what is not here is quiet."""

MARKS = {"bad": "✕", "warn": "▲", "good": "●", "quiet": "○"}
"""The shape before each: colour alone says nothing."""
