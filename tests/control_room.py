"""A project with something of everything to look at, and the control room on it, for its tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from tests.documented import HARM

from trunkline.app.acts import PauseFlow, Publish, ResumeFlow, SilenceAlerts, perform
from trunkline.app.backbone import Backbone
from trunkline.app.census import pieces
from trunkline.app.demo.stage import write_demo
from trunkline.app.project import Project
from trunkline.app.tokens import keyring_of
from trunkline.delivery.ledger import Case, Range, Record, Try
from trunkline.delivery.replay.port import Replay, Selection
from trunkline.delivery.standing import Outage
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.observe.alerts.machine import Alert, Explained, Transition
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import Changes
from trunkline.surfaces.access import Readers
from trunkline.surfaces.dashboard.room import Room
from trunkline.surfaces.identity import ALL, Doorkeeper, Principal, Session
from trunkline.surfaces.keeper import Keeper
from trunkline.surfaces.login import LogIn

CSRF = "a-token-of-the-session"
PERSON = "Lovelace-1815"
"""A name that is personal data: no page shows it."""

NUMBER = f"B-{HARM}"
"""The key of an order that wants to do harm."""


class Guard:
    """A doorkeeper that knows everybody who does not say ``who=nobody``, and what they may."""

    def __init__(self, may=ALL, name="duty"):
        self.known = Session(Principal(name, frozenset(may)), CSRF)

    def bearer(self, headers):
        return None

    def session(self, headers):
        return None if b"who=nobody" in headers.get(b"cookie", b"") else self.known


def keeper_of(backbone: Backbone) -> Keeper:
    """Return the doorkeeper of a running project."""
    return Keeper(keyring_of(backbone.project), backbone.machine.clock, tls=False)


def open_room(backbone: Backbone, keeper: Doorkeeper | None = None, docs: Readers = "everybody") -> Room:
    """Return the control room of a project, everybody let in where no keeper is given."""
    return Room(backbone, keeper or Guard(), LogIn(backbone, keeper_of(backbone), tls=False), docs)


class Answer(msgspec.Struct):
    """What came back: headers by name, those of cookies as a list."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str


async def ask(room, path, method="GET", cookie="", form=None, headers=None):
    """Ask the application for a path, or send it a form, with further headers by name."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": urlencode(form or {}).encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": where,
        "query_string": query.encode(),
        "scheme": "http",
    }
    told = {"cookie": cookie, **(headers or {})}
    sends = [(name.encode(), value.encode()) for name, value in told.items()]
    await room({**scope, "headers": sends}, receive, send)
    headers = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    text = b"".join(one["body"] for one in sent[1:]).decode()
    cookies = [value for name, value in headers if name == "set-cookie"]
    return Answer(sent[0]["status"], dict(headers), cookies, text)


def day(folder: Path, more: str = "") -> Project:
    """Return the project of the demo, with a name that wants to do harm, and ``more`` in its file."""
    write_demo(folder, "https://shop.example.com")
    main = folder / "trunkline.yaml"
    text = main.read_text("utf-8").replace(
        "A day of a retailer with tills, a web shop and a warehouse", "A day"
    )
    text = text.replace("title: A day", "title: " + json.dumps(f"A day {HARM}"))
    main.write_text(text + more, "utf-8")
    return Project.load(folder)


def match(project: Project) -> Project:
    """Return a project whose orders are one thing where they are of one article."""
    path = project.folder / "contracts/order.odcs.yaml"
    before, head, after = path.read_text("utf-8").partition("customProperties:\n")
    indent = after[: len(after) - len(after.lstrip())]
    path.write_text(f"{before}{head}{indent}- {{property: match, value: [[sku]]}}\n{after}", "utf-8")
    return Project.load(project.folder)


async def count(backbone: Backbone) -> None:
    """Have the census count what is there."""
    assert [events async for events in pieces(backbone)]


async def fill(backbone: Backbone) -> None:
    """Have orders arrive, some refused; deliver some, and let others fail in every way there is."""
    now = backbone.machine.clock.now()
    await publish(backbone, "order", [order(n, now) for n in range(30)])
    bad = json.dumps({"number": HARM, "sku": HARM, HARM: PERSON}).encode()
    await publish(backbone, "order", [bad, b"no json", bad.replace(b"alert", b"prompt")])
    await publish(backbone, "sale", [sale(n, now) for n in range(20)])
    delivered = Range(0, 29, now - SECOND, now, 1, 30)
    await backbone.ledger.record(Record("orders-to-stock", now, 30, delivered, stream="order@1"))
    cases = [
        dead(3, now, "http-422", f"the shop refused it: {HARM}"),
        dead(4, now, "http-422", f"the shop refused it: {HARM}"),
        dead(5, now, "timeout", "no answer in 30 s"),
        Case(6, "B-0006", "waiting", holds=True, attempts=2, due=now + 60 * SECOND, at=now, tries=tried(now)),
        Case(7, "B-0003", "held", holds=True, at=now),
    ]
    settled = Range(0, 24, now - SECOND, now, 1, 20)
    await backbone.ledger.record(Record("orders-to-shop", now, 25, settled, cases, stream="order@1"))
    await backbone.standings.note("shop.confirmation", Outage(now - 90 * SECOND, 5.0, "http-503", HARM))


async def publish(backbone: Backbone, stream: str, records: list[bytes]) -> None:
    """Publish records, each known again by what it is."""
    names = [hashlib.sha256(record).hexdigest() for record in records]
    await perform(backbone, Publish(stream, records, names))


def tried(now):
    return (Try(now - 2 * SECOND, "http-503", "busy"), Try(now - SECOND, "http-503", f"busy {HARM}"))


def dead(offset, now, kind, detail):
    tries = (*tried(now), Try(now, kind, detail))
    return Case(
        offset, f"B-{offset:04}", "dead", holds=True, attempts=3, at=now, tries=tries, contract="order@1.0.0"
    )


def order(n, now):
    return json.dumps(
        {
            "number": NUMBER if n == 2 else f"B-{n:04}",
            "sku": "ART-1001",
            "quantity": 1 + n,
            "total": 19.9,
            "placed_at": to_rfc3339(now - 5 * SECOND),
            "customer": {"name": PERSON, "email": "ada@example.com"},
        }
    ).encode()


def sale(n, now):
    return json.dumps(
        {
            "receipt": f"R-{n}",
            "line": 1,
            "sku": "ART-1002",
            "quantity": 1,
            "price": 2.5,
            "sold_at": to_rfc3339(now),
            "cashier": PERSON,
        }
    ).encode()


HARM_ALERT = "<img src=x onerror=alert(2)>"
"""What a sender wrote, and the cause of an alert repeats."""


async def alert(backbone: Backbone) -> str:
    """Have an alert fire that pages and was told, another that somebody has, and one that is over."""
    now = backbone.machine.clock.now()
    labels = {"flow": "orders-to-shop", "stream": "order@1", "target": "shop.confirmation", "system": "shop"}
    why = Explained(
        "orders-to-shop is 12 min behind, more than 60 s",
        f"target shop.confirmation is away: http-503: {HARM_ALERT}",
        "trunkline target list",
    )
    began, fired = now - 720 * SECOND, now - 600 * SECOND
    late = Alert(
        "01-late",
        "flow-late",
        labels,
        "page",
        "firing",
        began,
        720.0,
        why,
        fired,
        told=("oncall",),
        told_at=fired,
    )
    letters = Explained("orders-to-shop has 3 dead letters", "http-422", "trunkline dead groups")
    taken = Alert(
        "02-dead", "dead-letters", labels, "ticket", "acknowledged", began, 3.0, letters, fired, fired, "ada"
    )
    over = Alert(
        "03-over",
        "source-silent",
        {"source": "shop.orders", "stream": "order@1", "system": "shop"},
        "info",
        "resolved",
        began,
        fired_at=began,
        explained=Explained("shop.orders is silent"),
        resolved_at=fired,
    )
    moved = [
        Transition(late.id, late.rule, 1, "firing", fired, fired),
        Transition(taken.id, taken.rule, 1, "firing", began, began),
        Transition(taken.id, taken.rule, 2, "acknowledged", fired, began, "ada", "I look"),
    ]
    told = (Told("fired", late),)
    messages = [
        Message("m1", "chat", fired, told, fired, "sent", 1, fired),
        Message(
            "m2", "oncall", fired, told, now + 60 * SECOND, "waiting", 2, kind="connect", detail="refused"
        ),
    ]
    assert await backbone.alerts.commit(Changes([late, taken, over], (), moved, messages))
    return late.id


ALERTS = """
alerts:
  routes:
    oncall: {apprise: secret://alerts/oncall, severities: [page]}
    chat: {apprise: secret://alerts/chat, severities: [ticket, info]}
  windows:
    - {name: stock-count, cron: "0 22 * * 6", lasts: 4h, where: {target: warehouse.*}}
"""


async def occupy(backbone: Backbone) -> None:
    """Give a person on duty everything to do: alerts, a silence, a replay half done, and acts of others."""
    await alert(backbone)
    now = backbone.machine.clock.now()
    await perform(
        backbone, SilenceAlerts({"source": "shop.*"}, now + 3_600 * SECOND, "ada", "the shop moves")
    )
    await perform(backbone, PauseFlow("sales-to-stock", "ada", f"a move {HARM}"))
    await perform(backbone, ResumeFlow("sales-to-stock", "bob", "moved"))
    again = Replay(
        "07-again",
        "orders-to-stock",
        "order@1",
        Selection(first=5, last=24),
        "ada",
        "lost over there",
        now - 60 * SECOND,
    )
    await backbone.replays.add(again)
    await backbone.replays.note("07-again", 20, 13, 1)
