"""``trunkline secret list``: how old secrets are, never what they are."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
import yaml

from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.app.secret_ages import SecretWatch


@pytest.fixture
def look(folder):
    """Have somebody look at the secrets, as the running project does; the store is there before."""

    async def once(look):
        async with opened(Project.load(folder), this_machine({})) as backbone:
            look(SecretWatch(backbone))

    asyncio.run(once(lambda _watch: None))
    return lambda: asyncio.run(once(SecretWatch.look))


# Before the project ran nothing is known; then it is told since when, and where it is used.
def test_list(trunkline, look):
    code, out, _ = trunkline("secret", "list")
    assert (code, "not read yet" in out) == (0, True)
    look()
    code, out, _ = trunkline("secret", "list", "--json")
    [told] = json.loads(out)
    assert (code, told["secret"], told["old"], told["used_in"]) == (
        0,
        "shop/webhook",
        False,
        ["systems/shop.yaml"],
    )


# One that is too old is marked, and ends the command with 1; its value is not shown.
def test_old(trunkline, folder, look):
    path = folder / "state/secrets.yaml"
    os.utime(path, (1, 1))
    look()
    code, out, _ = trunkline("secret", "list")
    assert (code, "old: make a new one" in out) == (1, True)
    assert yaml.safe_load(path.read_text())["shop"]["webhook"] not in out
