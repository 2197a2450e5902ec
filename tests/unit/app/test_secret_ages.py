"""How old secrets are: noted where somebody looks, told by what was noted, and never the value."""

from __future__ import annotations

import os

import msgspec
import pytest
import yaml

from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import opened
from trunkline.app.project import Project
from trunkline.app.secret_ages import ADMIN_TOKEN, SecretAge, SecretWatch, secret_ages
from trunkline.kernel.clock import SECOND, to_rfc3339

DAY = 86_400
WEBHOOK = "shop/webhook"


@pytest.fixture
def keep(folder, machine):
    """Write the file of secrets, as if so many seconds ago."""
    path = folder / "state/secrets.yaml"

    def write(value, ago=0):
        path.write_text(yaml.safe_dump({"shop": {"webhook": value}}))
        at = machine.clock.now() - ago * SECOND
        os.utime(path, ns=(at * 1_000, at * 1_000))

    return write


@pytest.fixture
def age(backbone):
    """Look, and return how old a secret is then, in seconds."""
    watch = SecretWatch(backbone)

    def look(name=WEBHOOK):
        since = watch.look().get(name)
        return None if since is None else (backbone.machine.clock.now() - since) / SECOND

    return look


# A value counts from when its file was last written; another one begins anew.
def test_a_value(machine, keep, age):
    keep("one", ago=DAY)
    assert age() == DAY
    machine.clock.advance(DAY)
    keep("one")
    assert age() == 2 * DAY
    machine.clock.advance(DAY)
    keep("two")
    assert age() == 0


# What was noted outlasts the process, also that of a variable, which knows no time itself.
async def test_a_restart(folder, machine):
    machine.environ["TRUNKLINE_SECRET_SHOP_WEBHOOK"] = "one"
    for expected in (0, DAY):
        async with opened(Project.load(folder), machine) as backbone:
            since = SecretWatch(backbone).look()[WEBHOOK]
        assert machine.clock.now() - since == expected * SECOND
        machine.clock.advance(DAY)
    machine.environ["TRUNKLINE_SECRET_SHOP_WEBHOOK"] = "two"
    async with opened(Project.load(folder), machine) as backbone:
        assert SecretWatch(backbone).look()[WEBHOOK] == machine.clock.now()


# A value that cannot be read has no age, keeps what was noted, and has it again when it can be read.
async def test_unreadable(backbone, folder, machine, keep, age):
    keep("one", ago=DAY)
    assert age() == DAY
    machine.clock.advance(DAY)
    keep("one")
    (folder / "state/secrets.yaml").chmod(0o644)
    assert age() is None
    (folder / "state/secrets.yaml").chmod(0o600)
    machine.clock.advance(DAY)
    assert age() == 3 * DAY
    [told] = await secret_ages(backbone)
    assert told.age_seconds == 3 * DAY


# Who asks is told what was noted, where it is used and whether it is too old; before anybody looked, nothing.
async def test_told(backbone, machine, keep, age):
    keep("one", ago=90 * DAY)
    assert await secret_ages(backbone) == [SecretAge(WEBHOOK, None, None, False, ["systems/shop.yaml"])]
    age()
    since = to_rfc3339(machine.clock.now() - 90 * DAY * SECOND)
    [told] = await secret_ages(backbone)
    assert told == SecretAge(WEBHOOK, since, 90 * DAY, False, ["systems/shop.yaml"])
    machine.clock.advance(1)
    assert [one.old for one in await secret_ages(backbone)] == [True]


# The administrator's token is told beside the secrets, as old as the newest.
async def test_the_token(backbone, machine, age):
    await perform(backbone, RotateToken("ann"))
    machine.clock.advance(100)
    assert age(ADMIN_TOKEN) == 100
    await perform(backbone, RotateToken("bob", "", 3_600))
    assert age(ADMIN_TOKEN) == 0
    assert ADMIN_TOKEN in [one.secret for one in await secret_ages(backbone)]


# Nothing that is kept or told holds a value, and what the project names no more is forgotten.
async def test_no_value(backbone, folder, edit, machine, keep, age):
    keep("s3cr3t-value")
    age()
    kept = folder / "state/secret-ages.json"
    assert "s3cr3t-value" not in f"{await secret_ages(backbone)}{kept.read_text()}"
    assert WEBHOOK in kept.read_text()
    edit("systems/shop.yaml", "secret://shop/webhook", "secret://shop/other")
    project = Project.load(folder)
    again = SecretWatch(msgspec.structs.replace(backbone, project=project))
    assert WEBHOOK not in again.look()
    assert WEBHOOK not in kept.read_text()
