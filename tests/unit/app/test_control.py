"""The control port: the holder of the store does what is asked by whoever may read its state."""

from __future__ import annotations

import asyncio
import json

import pytest

from trunkline.app import control
from trunkline.kernel.errors import SecretUnavailable, StoreError, TrunklineError, UsageError


async def echo(act):
    return b'{"did":' + act + b"}"


# What is asked is done and answered, while the block runs and no longer; the address is private.
async def test_ask_and_answer(tmp_path):
    path = tmp_path / "control.json"
    async with control.serving([path], echo):
        assert path.stat().st_mode & 0o777 == 0o600
        assert await control.answers(path)
        assert json.loads(await control.ask(path, b'{"x":1}')) == {"did": {"x": 1}}
    assert not await control.answers(path)
    with pytest.raises(control.NotRunning):
        await control.ask(path, b"{}")


# A file that a killed process left behind counts as nobody running.
async def test_a_stale_address(tmp_path):
    path = tmp_path / "control.json"
    async with control.serving([path], echo):
        content = path.read_bytes()
    path.write_bytes(content)
    path.chmod(0o600)
    assert not await control.answers(path)


# Errors of ours come across as what they are.
@pytest.mark.parametrize("kind", [StoreError, SecretUnavailable, UsageError, TrunklineError])
async def test_errors_come_across(tmp_path, kind):
    async def failing(_act):
        raise kind("what to do next")

    path = tmp_path / "control.json"
    async with control.serving([path], failing):
        with pytest.raises(kind, match="what to do next"):
            await control.ask(path, b"{}")


# Without the token nothing is done, and neither is anything that is no request.
@pytest.mark.parametrize("line", [b'{"token":"guess","act":{}}\n', b"GET / HTTP/1.1\r\n", b"{}\n", b"\xff\n"])
async def test_strangers_are_refused(tmp_path, line):
    done = []

    async def never(act):
        done.append(act)
        return b"{}"

    path = tmp_path / "control.json"
    async with control.serving([path], never):
        port = json.loads(path.read_bytes())["port"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line)
        answer = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
    assert answer["failure"]
    assert not done


# An address that others could have read is not trusted.
async def test_an_open_address_file(tmp_path):
    path = tmp_path / "control.json"
    async with control.serving([path], echo):
        path.chmod(0o644)
        assert not await control.answers(path)


# So many are heard at a time; more wait unread for one to leave, or for its time to be over.
async def test_askers_wait_for_a_seat(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "SEATS", 1)
    monkeypatch.setattr(control, "LINE_SECONDS", 0.05)
    path = tmp_path / "control.json"
    async with control.serving([path], echo):
        port = json.loads(path.read_bytes())["port"]
        idle, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = asyncio.ensure_future(control.ask(path, b"{}"))
        assert await idle.read() == b""
        assert json.loads(await asked) == {"did": {}}
        writer.close()
