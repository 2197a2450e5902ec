"""The command line tells the same of an instance from afar as where it is, and says what is in its way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import pytest

from trunkline.app import control
from trunkline.app.acts import RotateToken, control_file, handler, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.kernel.errors import SecretUnavailable, UsageError
from trunkline.kernel.roles import ROLES
from trunkline.surfaces import cli
from trunkline.surfaces.mounts import doorway
from trunkline.surfaces.place import Place
from trunkline.surfaces.remote import TOKEN, TOKEN_FILE, reached, token_of

FLOW = "orders-to-warehouse"


@pytest.fixture
def instance(folder, trunkline, orders, bury):
    """Run a door on a project with three orders, two of them dead letters; give its address and token."""
    trunkline("publish", "order", "--file", orders(3))
    bury([0, 1], cursor=3)
    told, ready, loop = {}, threading.Event(), asyncio.new_event_loop()

    async def run():
        async with opened(Project.load(folder), this_machine({})) as backbone:
            told["token"] = (await perform(backbone, RotateToken("ann"))).token
            addresses = [control_file(backbone.project, role) for role in ROLES]
            with doorway(backbone, Place("127.0.0.1", 0)) as opens:
                async with control.serving(addresses, handler(backbone)):
                    door = await opens({})
                    told["url"], told["stop"] = door.url, asyncio.Event()
                    ready.set()
                    await told["stop"].wait()
                    await door.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(20)
    yield told
    loop.call_soon_threadsafe(told["stop"].set)
    thread.join()
    loop.close()


@pytest.fixture
def afar(instance, capsys, monkeypatch):
    """Run a command on the instance; returns its exit code and what it printed and complained."""
    monkeypatch.setenv(TOKEN, instance["token"])

    def run(*words):
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, words), "--remote", instance["url"]])
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


SAME = [
    ("events", "order"),
    ("events", "order", "--limit", "2", "--json"),
    ("events", "order", "--key", "1001"),
    ("trace", "e1"),
    ("trace", "none"),
    ("dead", "list"),
    ("dead", "list", "--json", "--since", "2026-01-05"),
    ("dead", "groups"),
    ("dead", "show", FLOW, "1", "--json"),
    ("dead", "show", FLOW, "2"),
    ("dead", "edit", FLOW, "1", "--set", "status=paid", "--dry-run"),
    ("quarantine", "list"),
    ("replay", "list"),
    ("replay", "plan", FLOW, "--all"),
    ("audit", "list", "--what", "rotate-token"),
    ("flow", "list"),
    ("alerts", "list"),
    ("alerts", "list", "--silences"),
    ("dead", "list", "--flow", "orders-to"),
]


# What is read from afar is printed as it is at home, with the same exit code.
@pytest.mark.parametrize("words", SAME, ids=" ".join)
def test_same(trunkline, afar, words):
    assert afar(*words) == trunkline(*words)


# What is done from afar is done, by who has the token, page after page.
def test_acts(trunkline, afar):
    code, out, _ = afar("dead", "retry", FLOW, "0", "--why", "mended")
    assert (code, out) == (0, "1 dead letter answered.\n")
    assert afar("dead", "discard", FLOW, "--all", "--why", "test")[0] == 0
    assert "paused" in afar("flow", "pause", FLOW, "--why", "stock count")[1]
    assert "isolated" in afar("target", "isolate", "warehouse.orders", "--why", "x")[1]
    assert "isolated" in afar("target", "list")[1]
    replay = json.loads(afar("replay", "start", FLOW, "--all", "--why", "x", "--json")[1])
    assert json.loads(afar("replay", "show", replay["id"], "--json")[1])["state"] == "running"
    assert afar("replay", "cancel", replay["id"], "--why", "x")[0] == 0
    entries = [json.loads(line) for line in trunkline("audit", "list", "--json")[1].splitlines()]
    assert {one["by"] for one in entries} == {"admin", "ann"}


# Data that is revealed is in the audit, asked for from afar or at home; from afar a reason is asked for.
def test_reveal(trunkline, afar):
    assert "ada@example.com" not in afar("events", "order")[1]
    code, _, err = afar("events", "order", "--reveal")
    assert (code, "why" in err) == (2, True)
    for run in (afar, trunkline):
        assert "ada@example.com" in run("events", "order", "--reveal", "--why", "Ada asked")[1]
    entries = [
        json.loads(one)
        for one in trunkline("audit", "list", "--what", "reveal-data", "--json")[1].splitlines()
    ]
    assert [one["why"] for one in entries] == ["Ada asked"] * 2
    assert entries[1]["by"] == "admin"
    assert entries[0]["by"] != "admin"


# A wrong token, a place where nobody is, and what is done at home only, are told as that.
def test_in_the_way(afar, monkeypatch, capsys):
    code, _, err = afar("run")
    assert (code, "where the project is" in err) == (2, True)
    monkeypatch.setenv(TOKEN, "tl_no")
    code, _, err = afar("status")
    assert (code, "token" in err, "tl_no" in err) == (5, True, False)
    with pytest.raises(SystemExit) as end:
        cli.main(["status", "--remote", "http://127.0.0.1:1"])
    assert (end.value.code, "is not reached" in capsys.readouterr().err) == (6, True)


# The token comes from the environment or a private file, and goes by no open line.
async def test_token(tmp_path):
    file = tmp_path / "token"
    file.write_text("tl_x\n")
    with pytest.raises(SecretUnavailable, match="chmod 600"):
        token_of({TOKEN_FILE: str(file)})
    file.chmod(0o600)
    assert token_of({TOKEN_FILE: str(file)}).reveal() == "tl_x"
    for environ in ({}, {TOKEN_FILE: str(tmp_path / "none")}):
        with pytest.raises(SecretUnavailable):
            token_of(environ)
    async with contextlib.AsyncExitStack() as stack:
        for url in ("http://trunkline.example.com", "ftp://127.0.0.1", "trunkline"):
            with pytest.raises(UsageError):
                await stack.enter_async_context(reached(url, {TOKEN: "tl_x"}))
        await stack.enter_async_context(reached("https://trunkline.example.com", {TOKEN: "tl_x"}))
