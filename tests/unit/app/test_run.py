"""Everything starts in its order and stops in reverse; one part that fails leaves the others running."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.unit.app import majors
from tests.unit.app.registered import ANN, DAY

from trunkline.app import control, run
from trunkline.app.acts import Publish, control_file, perform
from trunkline.app.backbone import opened
from trunkline.app.connectors import TARGETS
from trunkline.app.kept import PAUSE_SECONDS
from trunkline.app.project import Project
from trunkline.app.registering import register, step
from trunkline.app.run import Started, running
from trunkline.app.versions import registry_of
from trunkline.connectors.source import Arrival
from trunkline.connectors.target import Progress
from trunkline.contracts.registry.acts import take
from trunkline.contracts.registry.rules import Step
from trunkline.delivery.ledger import Case, Discard, Record
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Final, GateError, ProjectError, TrunklineError
from trunkline.kernel.signals import (
    ContractDeprecated,
    ContractEnded,
    FlowStalled,
    FlowStarted,
    SourceFailed,
    SourceStarted,
    Stopping,
)
from trunkline.testkit.targets import MemoryTable, Place

FLOW = "orders-to-warehouse"


class Door:
    """A door of no server: it notes that it was closed."""

    url = "http://127.0.0.1:4711"

    def __init__(self, said):
        self._said = said

    async def close(self):
        self._said.append("door")


class Table(MemoryTable):
    """A table that notes its end, and raises what it is told to at its opening."""

    def __init__(self, said, place, errors=()):
        super().__init__(place)
        self._said, self.errors = said, list(errors)

    async def open(self):
        if self.errors:
            raise self.errors.pop(0)
        await super().open()

    async def close(self):
        self._said.append("target")
        await super().close()


class Quiet:
    """A source that fails as it is told to, then has nothing to say until it is closed."""

    name = "till/sale"

    def __init__(self, said, errors=()):
        self._said, self.errors, self.begun = said, list(errors), 0
        self._closed = asyncio.Event()

    async def batches(self):
        self.begun += 1
        if self.errors:
            raise self.errors.pop(0)
        await self._closed.wait()
        for nothing in ():
            yield nothing

    async def settle(self, _batch, _receipts):
        raise AssertionError("there is no batch")

    async def close(self):
        self._said.append("source")
        self._closed.set()


class World:
    """A backbone that runs into a place in memory, and everything it said, in order."""

    def __init__(self, backbone, monkeypatch):
        self.backbone, self.said, self.signals, self.place = backbone, [], [], Place()
        self.errors = []
        self.table = None
        backbone.machine.signals.listen(self.signals.append)
        monkeypatch.setattr(run, "TARGETS", {**TARGETS, "table": self._table})

    def _table(self, _target, _backbone):
        self.table = Table(self.said, self.place, self.errors)
        return self.table

    def pulls(self, source, monkeypatch):
        """Have the project pull from one more source."""
        project = self.backbone.project
        settings = msgspec.defstruct("Folder", [("folder", str, "in")])()
        project.sources[source.name] = msgspec.structs.replace(
            project.sources["shop/order"], name=source.name, via="files", settings=settings, every_seconds=1.0
        )
        self.backbone.intakes[source.name] = self.backbone.intakes["shop/order"]
        monkeypatch.setattr(run, "PULLED", {"files": lambda _source, _backbone: source})

    async def opens(self, webhooks):
        assert list(webhooks) == ["/hooks/shop/orders"]
        return Door(self.said)

    async def until(self, condition):
        for _ in range(400):
            if condition():
                return
            await asyncio.sleep(0.005)
            self.backbone.machine.clock.advance(0.5)
        pytest.fail("it did not come")

    def of(self, kind):
        return [signal for signal in self.signals if isinstance(signal, kind)]


@pytest.fixture
def world(backbone, monkeypatch):
    return World(backbone, monkeypatch)


# What runs is told with its address; what was published is delivered while the block runs.
async def test_running(world, order):
    async with running(world.backbone, world.opens) as started:
        await perform(world.backbone, Publish("order", [order()]))
        await world.until(lambda: world.place.received)
    assert started.webhooks == {"shop/order": "http://127.0.0.1:4711/hooks/shop/orders"}
    assert started.flows == {FLOW: 0}
    assert len(world.of(SourceStarted)) == 1


# A draft is left out, and named, until it is allowed; a flow that does not pass the gate stops the start.
async def test_the_gate(world, folder, edit, order):
    edit("flows/orders-to-warehouse.yaml", "consistency: eventual, ", "")
    world.backbone = msgspec.structs.replace(world.backbone, project=Project.load(folder))
    with pytest.raises(GateError):
        async with running(world.backbone, world.opens):
            pytest.fail("it must not start")
    assert world.said == []
    edit("flows/orders-to-warehouse.yaml", "needs:", "draft: true\nneeds:")
    world.backbone = msgspec.structs.replace(world.backbone, project=Project.load(folder))
    async with running(world.backbone, world.opens) as started:
        await perform(world.backbone, Publish("order", [order()]))
    assert (started.flows, started.drafts, world.table) == ({}, (FLOW,), None)
    async with running(world.backbone, world.opens, allow_draft=True) as started:
        await world.until(lambda: world.place.received)
    assert (started.flows, started.drafts) == ({FLOW: 0}, ())


# A process of intake alone opens the door and runs no flow; what it takes waits in the log.
async def test_intake_alone(world, order):
    world.backbone = msgspec.structs.replace(world.backbone, roles=frozenset(["intake"]))
    async with running(world.backbone, world.opens) as started:
        await perform(world.backbone, Publish("order", [order()]))
        assert await control.answers(control_file(world.backbone.project, "intake"))
        assert not await control.answers(control_file(world.backbone.project, "delivery"))
    assert (list(started.webhooks), started.flows) == (["shop/order"], {})
    assert (world.table, world.of(FlowStarted), world.said) == (None, [], ["door"])


# A process of delivery alone runs the flows and opens no door, or one without webhooks where it is told to.
async def test_delivery_alone(world, order, monkeypatch):
    async def opens(webhooks):
        assert webhooks == {}
        return Door(world.said)

    world.pulls(Quiet(world.said), monkeypatch)
    await perform(world.backbone, Publish("order", [order()]))
    world.backbone = msgspec.structs.replace(world.backbone, roles=frozenset(["delivery"]))
    async with running(world.backbone, None) as started:
        await world.until(lambda: world.place.received)
        assert await control.answers(control_file(world.backbone.project, "delivery"))
        assert not await control.answers(control_file(world.backbone.project, "intake"))
    assert started == Started("", {}, {}, {FLOW: 0})
    assert (world.of(SourceStarted), world.said) == ([], ["target"])
    async with running(world.backbone, opens) as started:
        assert started == Started("http://127.0.0.1:4711", {}, {}, {FLOW: 1})


# It stops from the outside in: the door, then sources, the control port, and flows before their targets.
async def test_the_order_of_stopping(world, monkeypatch):
    world.pulls(Quiet(world.said), monkeypatch)
    addresses = [control_file(world.backbone.project, role) for role in ("intake", "delivery")]
    async with running(world.backbone, world.opens):
        await world.until(lambda: world.of(FlowStarted))
        assert all(address.exists() for address in addresses)
    assert world.said == ["door", "source", "target"]
    assert not any(address.exists() for address in addresses)
    assert isinstance(world.signals[-1], Stopping)


# A flow that ends with an error of no kind we know is told, makes the process unready, and begins again.
async def test_a_flow_that_breaks(world, order):
    world.errors = [RuntimeError("ada@example.com")]
    async with running(world.backbone, world.opens):
        await world.until(lambda: world.of(FlowStalled))
        [stalled] = world.of(FlowStalled)
        assert (stalled.flow, stalled.kind) == (FLOW, "RuntimeError")
        assert "ada" not in stalled.detail
        assert f"flow {FLOW}" in world.backbone.health.known()
        await perform(world.backbone, Publish("order", [order()]))
        await world.until(lambda: world.place.received)
        world.backbone.machine.clock.advance(2 * PAUSE_SECONDS)
        assert world.backbone.health.known() == {}


# A flow whose target does not fit stays visible until it does, and then delivers.
async def test_a_target_that_does_not_fit(world, order):
    world.errors = [Final("table", "the column price is missing")] * 3
    async with running(world.backbone, world.opens):
        await perform(world.backbone, Publish("order", [order()]))
        await world.until(lambda: world.of(FlowStalled))
        why = world.backbone.health.known()[f"target of flow {FLOW}"].why
        assert why == "the column price is missing"
        await world.until(lambda: world.place.received)
        assert world.backbone.health.known() == {}
    assert [one.detail for one in world.of(FlowStalled)] == ["the column price is missing"] * 3


# A flow that cannot record makes the process unready for a while, one whose target is away does not.
async def test_a_store_that_is_full(world):
    async with running(world.backbone, world.opens):
        world.backbone.machine.signals.emit(FlowStalled(FLOW, "connect", "refused", 0))
        assert world.backbone.health.known() == {}
        world.backbone.machine.signals.emit(FlowStalled(FLOW, "store", "the disk is full", 0))
        assert world.backbone.health.known()["store"].why == "the disk is full"


# A source that breaks is told and begins again; the others go on.
async def test_a_source_that_breaks(world, order, monkeypatch):
    source = Quiet(world.said, [RuntimeError("ada@example.com")])
    world.pulls(source, monkeypatch)
    async with running(world.backbone, world.opens):
        await world.until(lambda: source.begun == 2)
        [failed] = world.of(SourceFailed)
        assert failed.detail.startswith("RuntimeError at ")
        await perform(world.backbone, Publish("order", [order()]))
        await world.until(lambda: world.place.received)


# A door that cannot listen ends the start, and what was started before is stopped.
async def test_a_door_that_cannot_listen(world):
    async def taken(_webhooks):
        raise OSError(98, "Address already in use")

    with pytest.raises(TrunklineError, match="choose another port"):
        async with running(world.backbone, taken):
            pass
    assert world.said == ["target"]


# A contract version on its way out is told at the start with who uses it; once it is over, that is told.
async def test_the_end_of_a_contract_version(world, folder):
    clock = world.backbone.machine.clock
    await register(folder, (), ANN, clock)
    await step(folder, Step("deprecate", "order@1.0.0", clock.now() + DAY), ANN, clock)
    async with running(world.backbone, world.opens):
        [told] = world.of(ContractDeprecated)
    assert (told.contract, told.until) == ("order@1.0.0", clock.now() + DAY)
    assert told.used_by == "source shop/order, flow orders-to-warehouse"
    clock.advance(DAY / SECOND)
    async with running(world.backbone, world.opens):
        [told] = world.of(ContractEnded)
    assert (told.contract, told.until, told.successor) == ("order@1.0.0", clock.now(), "")
    assert told.used_by == "source shop/order, flow orders-to-warehouse"


# Where a version was retired, nothing that uses it starts.
async def test_a_retired_version(world, folder):
    clock = world.backbone.machine.clock
    await register(folder, (), ANN, clock)
    await take(registry_of(folder), Step("retire", "order@1.0.0", at_once=True), ANN, clock)
    with pytest.raises(ProjectError, match=r"order@1\.0\.0 is retired since .* would use it"):
        async with running(world.backbone, world.opens):
            pass


# A flow whose stream is another one than before does not start with its place in that.
async def test_a_flow_that_changed_its_stream(world):
    async with running(world.backbone, world.opens):
        pass
    await world.backbone.ledger.record(Record("another", 1, 5, stream="order@0"))
    flows = world.backbone.project.flows
    flows["another"] = msgspec.structs.replace(flows.pop(FLOW), name="another")
    with pytest.raises(TrunklineError, match="another reads order@1 now, and its place is in order@0"):
        async with running(world.backbone, world.opens):
            pass


# A flow of a later version to the same target begins once the one of the earlier has nothing left to deliver.
async def test_a_flow_that_takes_the_place_of_another(folder, machine, order, monkeypatch):
    majors.second(folder)
    majors.move(folder)
    async with opened(Project.load(folder), machine) as backbone:
        world, now = World(backbone, monkeypatch), machine.clock.now()
        await perform(backbone, Publish("order@1", [order(event_id="e1")]))
        [receipt] = await backbone.intakes["shop/order"].accept([Arrival(order(event_id="e2"))])
        assert (receipt.status, receipt.offset) == ("accepted", 0)
        dead = Case(0, "1001", "dead", holds=True, at=now)
        await backbone.ledger.record(Record(FLOW, now, 1, cases=[dead], stream="order@1"))
        world.place.progress[f"shop/{FLOW}"] = Progress(f"shop/{FLOW}", 1)
        async with running(backbone, world.opens):
            await world.until(lambda: world.of(FlowStalled))
            [told] = world.of(FlowStalled)
            assert (told.flow, told.kind, world.place.received) == ("orders-2", "order", [])
            assert f"flow {FLOW} has events that wait or are dead letters of order@1" in told.detail
            await backbone.ledger.resolve(FLOW, 0, Discard("known"), now)
            await world.until(lambda: world.place.received)
        [item] = world.place.received
        assert item.record["status"] == "placed"
