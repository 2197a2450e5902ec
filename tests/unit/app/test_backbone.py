"""A project is opened with its key, its one store and an intake for each source, or not at all."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from trunkline.app.acts import Publish, perform
from trunkline.app.backbone import opened, secrets_of, this_machine
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable, StoreError


# Each source and each stream that can be published to has an intake on its contract.
def test_intakes(backbone):
    contracts = {name: intake.contract.stream for name, intake in backbone.intakes.items()}
    assert contracts == {
        "shop/order": "order@1",
        "publish/order@1": "order@1",
        "publish/warehouse-order@1": "warehouse-order@1",
    }


# Without a key nothing is opened, and the message says where one belongs.
async def test_without_a_key(folder, machine):
    (folder / "state/trunkline.key").unlink()
    with pytest.raises(SecretUnavailable, match=r"state/trunkline\.key"):
        async with opened(Project.load(folder), machine):
            pass


# One process writes: a second opening is refused, one for reading works beside it.
async def test_one_owner(folder, machine, backbone, publish):
    await publish(1)
    with pytest.raises(StoreError, match="another process"):
        async with opened(Project.load(folder), machine):
            pass
    async with opened(Project.load(folder), machine, roles=()) as beside:
        assert [info.next for info in await beside.log.streams()] == [1]
    assert backbone.project.store_path.exists()


# Who has patience opens a store once a command that held it for a moment is done.
async def test_patience(folder, machine):
    project, sooner = Project.load(folder), contextlib.AsyncExitStack()
    await sooner.enter_async_context(opened(project, machine))
    later = contextlib.AsyncExitStack()
    opening = asyncio.ensure_future(later.enter_async_context(opened(project, machine, patience_seconds=1)))
    while not opening.done():
        await asyncio.sleep(0)
        if machine.clock.next_wake is not None:
            break
    await sooner.aclose()
    machine.clock.advance(1)
    assert (await opening).roles == {"intake", "delivery"}
    await later.aclose()


# Each role is opened by itself, beside the other: what one takes in, the other reads.
async def test_roles_apart(folder, machine, order):
    project = Project.load(folder)
    async with (
        opened(project, machine, ["delivery"]) as delivery,
        opened(project, machine, ["intake"]) as intake,
    ):
        await perform(intake, Publish("order", [order()]))
        assert [info.next for info in await delivery.log.streams()] == [1]
        assert (intake.roles, delivery.roles) == ({"intake"}, {"delivery"})


# A folder for state that cannot be made is a store's error, not the system's.
async def test_state_that_cannot_be_made(folder, machine, edit):
    edit("trunkline.yaml", "path: state/", "path: trunkline.yaml/state/")
    machine.environ.update(TRUNKLINE_KEY="00" * 32)
    with pytest.raises(StoreError, match="cannot be made"):
        async with opened(Project.load(folder), machine):
            pass


# The environment counts before the secrets file.
def test_where_secrets_are_looked_for(folder):
    project = Project.load(folder)
    assert len(secrets_of(project, {}).get("secret://shop/webhook").reveal()) == 48
    environ = {"TRUNKLINE_SECRET_SHOP_WEBHOOK": "from-the-environment"}
    assert secrets_of(project, environ).get("secret://shop/webhook").reveal() == "from-the-environment"


# The machine of a real process has a clock that goes and nobody listening.
def test_this_machine():
    machine = this_machine({"A": "b"})
    assert machine.clock.now() <= machine.clock.now()
    assert machine.ids.trace_id() != machine.ids.trace_id()
    assert machine.environ == {"A": "b"}
