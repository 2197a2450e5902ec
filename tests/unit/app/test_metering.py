"""A meter is given what /metrics tells, now and then and once at the end."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from trunkline.app.backbone import opened
from trunkline.app.metering import metering
from trunkline.app.project import Project
from trunkline.kernel.rollup import DAY, floor_to
from trunkline.observe.metrics import BUILD, FLOW_INFO, FLOW_LAG

OTLP = "observe: {otlp: {endpoint: 'http://127.0.0.1:4318'}}\n"


class Kept:
    """A meter that keeps what it is given."""

    def __init__(self):
        self.readings, self.came = [], asyncio.Event()

    def take(self, reading):
        self.readings.append(reading)
        self.came.set()


@pytest.fixture
def sending(folder):
    file = folder / "trunkline.yaml"
    file.write_text(file.read_text("utf-8") + OTLP, "utf-8")
    return Project.load(folder)


async def metered(project, machine, roles=("intake", "delivery")):
    """Run a backbone for a minute, and return its readings."""
    meter, clock = Kept(), machine.clock
    async with opened(project, replace(machine, meter=meter), roles) as backbone, metering(backbone):
        await asyncio.sleep(0)
        clock.advance(60)
        await meter.came.wait()
    return meter.readings


# A reading each minute and one at the end, of what is stored and of what the process sees.
async def test_readings(sending, machine):
    began = machine.clock.now()
    first, last = await metered(sending, machine)
    assert {BUILD, FLOW_INFO, FLOW_LAG} <= {one.metric for one in first.samples}
    assert (first.at, first.process_since) == (machine.clock.now(), began)
    assert first.store_since == floor_to(DAY, began)
    assert {one.metric for one in last.samples} == {one.metric for one in first.samples}


# A process that delivers nothing tells of itself only: what is stored is told once, by the one that delivers.
async def test_intake_alone(sending, machine):
    readings = await metered(sending, machine, ["intake"])
    assert all(one.metric.process for reading in readings for one in reading.samples)


# Without a meter nothing is read.
async def test_no_meter(sending, machine):
    async with opened(sending, machine) as backbone, metering(backbone):
        await asyncio.sleep(0)
        assert machine.clock.next_wake is None
