"""The written project with routes, open and looked at by hand."""

from __future__ import annotations

import pytest
from tests.unit.app.conftest import FLOW

from trunkline.app.alerting.readings import Reader
from trunkline.app.alerting.sending import Sender
from trunkline.app.alerting.watching import Watch
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.kernel.errors import Retryable

ALERTS = """alerts:
  group_wait: 0s
  routes:
    oncall: {apprise: secret://alerts/oncall, severities: [page]}
    chat: {apprise: secret://alerts/chat, severities: [ticket, info]}
"""


class Post:
    """A channel that keeps letters, or refuses them."""

    def __init__(self):
        self.letters, self.refuses = [], None

    async def send(self, letter):
        if self.refuses:
            raise self.refuses
        self.letters.append(letter)


class Duty:
    """Somebody on duty: looks when told, sends what is due, and reads what came."""

    def __init__(self, backbone, endings):
        self.backbone, self.endings = backbone, endings
        self.posts = {}
        flows = list(backbone.project.flows)
        self.reader = Reader(backbone, flows, lambda: self.endings)
        self.watch = Watch(backbone, self.reader, "http://room")
        self.sender = Sender(backbone, self.post)
        self.signals = []
        backbone.machine.signals.listen(self.signals.append)

    def post(self, route):
        return self.posts.setdefault(route, Post())

    async def look(self, seconds=0.0):
        """Let time pass, look, send; return what was sent meanwhile, as (route, title)."""
        self.backbone.machine.clock.advance(seconds)
        before = {route: len(one.letters) for route, one in self.posts.items()}
        await self.watch.look()
        await self.sender.send_due()
        return [
            (route, letter.title)
            for route, one in self.posts.items()
            for letter in one.letters[before.get(route, 0) :]
        ]

    def refuse(self, route, error=None):
        self.post(route).refuses = error or Retryable("http-503", "it answered 503")


@pytest.fixture
def alerts():
    return ALERTS


@pytest.fixture
async def backbone(folder, machine, alerts):
    main = folder / "trunkline.yaml"
    main.write_text(f"{main.read_text()}{alerts}")
    async with opened(Project.load(folder), machine) as opened_backbone:
        yield opened_backbone


@pytest.fixture
def duty(backbone):
    return Duty(backbone, {})


__all__ = ["FLOW"]
