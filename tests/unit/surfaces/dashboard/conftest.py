"""The control room on a project with something of everything, time held still."""

from __future__ import annotations

from functools import partial

import pytest
from tests.control_room import ask, day, fill, open_room

from trunkline.app.backbone import Machine, opened
from trunkline.kernel.signals import Signals
from trunkline.surfaces.dashboard.page import Asked
from trunkline.surfaces.dashboard.sights import Sights
from trunkline.surfaces.identity import ALL
from trunkline.testkit.clock import CountingIds, ManualClock


@pytest.fixture
def machine():
    return Machine({}, ManualClock(), CountingIds(), Signals())


@pytest.fixture
async def backbone(tmp_path, machine):
    async with opened(day(tmp_path / "day"), machine) as opened_backbone:
        await fill(opened_backbone)
        yield opened_backbone


@pytest.fixture
def room(backbone):
    return open_room(backbone)


@pytest.fixture
def get(room):
    """Ask the room for a page, as somebody who is logged in."""
    return partial(ask, room)


@pytest.fixture
def asked(backbone):
    """Return a request for a page in some state."""

    def make(path="/control/flows", **query):
        return Asked(backbone, Sights(backbone), path, {}, query, ALL)

    return make
