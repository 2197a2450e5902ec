"""Personal data that was sent is in nothing that anybody is shown or told, whichever way it is asked for.

The lists of routes, pages, forms and commands are those of the code: one that is new is asked too, and where
it has to be told something first, it fails here until somebody says what.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import re
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import pytest
import yaml
from tests.control_room import ask, open_room
from tests.scenarios.canaries import BODIES, CANARY, CHOSEN, COMMANDS, OTHERS, QUERIES
from tests.scenarios.test_log_canaries import FILES, Crm

from trunkline.adapters.keyfile.key import make_key
from trunkline.app.acts import Publish, RotateToken, SilenceAlerts, StartReplay, perform
from trunkline.app.backbone import Machine, opened, this_machine
from trunkline.app.census import duplicates, pieces
from trunkline.app.project import Project
from trunkline.app.questions import AskTrace
from trunkline.app.run import running
from trunkline.delivery.replay.port import Selection
from trunkline.intake.quarantine import Query
from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.store import AlertQuery
from trunkline.observe.logs import LogListener, make_writer
from trunkline.surfaces import cli
from trunkline.surfaces.dashboard.page import ROOM
from trunkline.surfaces.dashboard.pages import FORMS, PAGES
from trunkline.surfaces.mounts import doorway
from trunkline.surfaces.place import Place
from trunkline.surfaces.rest.operations import OPERATIONS
from trunkline.surfaces.rest.routes import ROUTES

MAIN = """
project: canaries
secrets: {file: state/secrets.yaml}
alerts:
  every: 1s
  routes:
    oncall: {webhook: {url: secret://alerts/url, secret: secret://alerts/key}}
"""
PUBLISHES = """
publishes:
  - {stream: person, via: webhook, path: /hooks/people, verify: none}
"""
CONTRACT = """\
      - {name: email, primaryKey: true, required: true, classification: personal, logicalType: string}
      - {name: name, logicalType: string, classification: personal, logicalTypeOptions: {maxLength: 40}}
      - {name: born, logicalType: date, classification: personal}
"""
MATCHED = ("customProperties: [", "customProperties: [{property: match, value: [[name]]}, ")
COUNTING = """
flow: counting
from: person@1
to: crm.people
map: {id: id, email: email, note: note, amount: $number(name)}
needs: {freshness: 30s, consistency: eventual}
"""


class Pager(ThreadingHTTPServer):
    """Where people are told: it keeps what was posted."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Taking)
        self.took = []


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.took.append(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Seen:
    """A tracer that keeps everything."""

    def __init__(self):
        self.spans = []

    def keeps(self, trace):
        return True

    def end(self, span):
        self.spans.append(span)


@pytest.fixture
def servers():
    several = [Crm(), Pager()]
    for one in several:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield several
    for one in several:
        one.shutdown()
        one.server_close()


@pytest.fixture
def folder(tmp_path, servers):
    """Write a project about people, whose target repeats in its refusals what it was sent."""
    crm, pager = servers
    crm.status = 422
    files = {**FILES, "flows/counting.yaml": COUNTING, "trunkline.yaml": MAIN}
    files["systems/shop.yaml"] += PUBLISHES
    contract = files["contracts/person.odcs.yaml"]
    email = re.search(r"      - {name: email.*\n", contract)[0]
    files["contracts/person.odcs.yaml"] = contract.replace(email, CONTRACT).replace(*MATCHED)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", f"http://127.0.0.1:{crm.server_port}"))
    (tmp_path / "state").mkdir()
    make_key(tmp_path / "state" / "trunkline.key")
    key = base64.b64encode(b"k" * 24).decode()
    secrets = tmp_path / "state" / "secrets.yaml"
    secrets.write_text(
        yaml.safe_dump({"alerts": {"url": f"http://127.0.0.1:{pager.server_port}/", "key": key}})
    )
    secrets.chmod(0o600)
    return tmp_path


def person(number, **changes):
    record = {
        "id": f"p{number}",
        "email": f"{CANARY}-{number}@example.com",
        "name": f"{CANARY} name",
        "born": "1815-12-10",
        "note": "as agreed",
        "amount": 1,
    }
    return json.dumps(record | changes).encode()


BAD = (
    person(8, name=f"{CANARY}-" * 10),
    person(9, born=f"{CANARY}-born", more=f"{CANARY}-more", note=[f"{CANARY}-note"]),
    person(10, email=[f"{CANARY}-list"], name={"inside": f"{CANARY}-of-it"}),
    f"{CANARY} is no JSON".encode(),
    f'{{"id": "p11", "email": "{CANARY}"'.encode(),
)
"""Arrivals that break their contract by personal data, by what nobody described, and by their form."""


class Story:
    """A project that runs, what it holds by the names that stand in addresses, and everything it showed."""

    def __init__(self, folder, backbone, door, token):
        self.folder, self.backbone, self.door, self.token = folder, backbone, door, token
        self.names = {
            "flow": "people",
            "offset": "3",
            "stream": "person@1",
            "target": "crm.people",
            "route": "oncall",
            "contract": "person",
            "name": "person",
            "version": "latest",
            "file": str(folder / "more.jsonl"),
            "site": str(folder / "site"),
        }
        self.entries = []
        self.leaks = []

    def saw(self, what, text):
        if CANARY in text.lower():
            at = text.lower().index(CANARY)
            self.leaks.append((what, text[max(0, at - 120) : at + 60]))

    def fill(self, text):
        return re.sub(r"{(\w+)}", lambda match: self.names[match[1]], text)

    def addresses(self, path):
        """Return a path with its names filled in, once for each arrival that was refused, if it is of one."""
        return [self.fill(path.replace("{id}", one)) for one in (self.entries if "{id}" in path else [""])]

    async def request(self, session, method, path, **more):
        headers = {"authorization": f"Bearer {self.token}"}
        async with session.request(method, f"{self.door}{path}", headers=headers, **more) as answer:
            text = await answer.text()
            self.saw(f"{method} {path}", f"{dict(answer.headers)} {text}")
            assert answer.status < 500, (method, path, text)
            return answer.status

    async def reads(self, session):
        """Ask every operation that only tells something, as every format, and the rest of the door."""
        for one in OPERATIONS:
            if one.method == "POST":
                continue
            below = one.path if one.kind is not AskTrace else "/traces/{correlation}"
            query = self.fill(QUERIES.get(one.name, ""))
            for path in self.addresses(f"/api/v1{below}"):
                status = await self.request(session, "GET", path + query)
                assert status == 200, (path, query, status)
                for kind in ("csv", "jsonl") if one.lists else ():
                    await self.request(session, "GET", f"{path}{query or '?'}&format={kind}")
        for path in ("/metrics", "/health", "/ready", "/api/v1/openapi.json"):
            await self.request(session, "GET", path)

    async def acts(self, session):
        """Ask every operation that is sent something, and every route of contracts."""
        for one in OPERATIONS:
            if one.method == "POST":
                await self.request(session, "POST", f"/api/v1{self.fill(one.path)}", json=BODIES[one.name])
        for route in ROUTES:
            body = {"why": "as agreed"} if route.method == "POST" else None
            await self.request(session, route.method, f"/api/v1{self.fill(route.path)}", json=body)

    async def room(self):
        """Look at every page, as every export, and at what every form says."""
        room = open_room(self.backbone)
        for page, path in [(one, path) for one in PAGES for path in self.addresses(ROOM + one.path)]:
            query = f"?id={self.names['correlation']}" if page.name == "trace" else "?"
            shown = await ask(room, path + query)
            assert shown.status == 200, (path, shown.status)
            self.saw(path, shown.text)
            for kind in ("json", "csv", "md"):
                self.saw(f"{path} {kind}", (await ask(room, f"{path}{query}&format={kind}")).text)
        chosen = "&".join(f"{name}={self.names[name]}" for name in CHOSEN)
        for form in FORMS:
            for way in (chosen, "flow=people", ""):
                shown = await ask(room, f"{ROOM}/act/{form.name}?{way}")
                self.saw(f"form {form.name}", shown.text)
                assert shown.status < 500, form.name
        room.close()

    def command_line(self):
        """Run every command, for people and for programs."""
        for command, words in COMMANDS.items():
            for more in ((), ("--json",)):
                out, err = io.StringIO(), io.StringIO()
                told = [*command.split(), *map(self.fill, words), *more, "--project", str(self.folder)]
                streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
                with streams[0], streams[1], contextlib.suppress(SystemExit):
                    cli.main(told)
                assert "a fault in Trunkline" not in err.getvalue(), (told, err.getvalue())
                self.saw(f"trunkline {command}", out.getvalue() + err.getvalue())


async def settled(condition):
    """Return once something is so."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110  what is stored cannot be waited for
            await asyncio.sleep(0.02)


async def happened(story, session, hook, crm, pager):
    """Have events delivered, fail and be refused, alerts fire and a replay be asked for; note their names."""
    backbone = story.backbone

    async def counts(**several):
        return {one.flow: one.dead for one in await backbone.ledger.status()} == several

    crm.status = 200
    await perform(backbone, Publish("person", [person(n, more=f"{CANARY}-more") for n in range(3)]))
    await settled(partial(counts, people=0, counting=3))
    crm.status = 422
    [good, *_] = await perform(backbone, Publish("person", [person(n) for n in range(3, 6)]))
    await settled(partial(counts, people=3, counting=6))
    for raw in BAD:
        headers = {"content-type": "application/json"}
        async with session.post(hook, data=raw, headers=headers) as answer:
            story.saw("webhook", await answer.text())
            assert answer.status in (400, 422)
    for one in await perform(backbone, Publish("person", list(BAD))):  # and kept, whatever its form
        story.saw("publish", repr(one))

    async def told():
        rules = {one.rule for one in await backbone.alerts.alerts(AlertQuery())}
        return {"dead-letters", "quarantine", "drift"} <= rules and bool(pager.took)

    await settled(told)
    assert all([events async for events in pieces(backbone)])
    assert (await duplicates(backbone, "person@1")).groups
    replay = await perform(backbone, StartReplay(flow="people", selection=Selection(), by="ann", why="lost"))
    until = backbone.machine.clock.now() + 3_600 * SECOND
    silence = await perform(backbone, SilenceAlerts({"flow": "x"}, until, "ann", "known"))
    story.entries = [one.id for one in await backbone.quarantine.list(Query())]
    assert len(story.entries) >= len(BAD)
    [alert, *_] = await backbone.alerts.alerts(AlertQuery())
    story.names |= {"correlation": good.correlation, "id": story.entries[0], "alert": alert.id}
    story.names |= {"silence": silence.id, "replay": replay.id}


# Nothing of it in any answer, page, form, export, command, log line, span, metric, message or error.
async def test_no_canary_anywhere(folder, servers):
    crm, pager = servers
    every = {*cli.COMMANDS, *(f"{group} {one}" for group, (_, own) in cli.GROUPS.items() for one in own)}
    assert every == {*COMMANDS, *OTHERS}
    (folder / "more.jsonl").write_bytes(person(20, name=7))
    seen, lines = Seen(), io.StringIO()
    plain = this_machine({})
    machine = Machine({}, plain.clock, plain.ids, plain.signals, tracer=seen)
    listener = LogListener(make_writer(lines, machine.clock, as_json=True))
    machine.signals.listen(listener)
    async with opened(Project.load(folder), machine) as backbone:
        token = (await perform(backbone, RotateToken("ann"))).token
        with doorway(backbone, Place("127.0.0.1", 0)) as opens:
            async with running(backbone, opens) as started, aiohttp.ClientSession() as session:
                story = Story(folder, backbone, started.address, token)
                await happened(story, session, started.webhooks["shop/person"], crm, pager)
                await story.room()
                await story.reads(session)
                await asyncio.to_thread(story.command_line)
                await story.acts(session)
                await story.reads(session)
                await story.room()
    listener.flush()
    story.saw("log", lines.getvalue())
    story.saw("spans", repr(seen.spans))
    story.saw("messages", "".join(pager.took))
    assert seen.spans
    assert pager.took
    assert not story.leaks, "\n".join(map(str, story.leaks))
