"""The journals of a folder are a registry; what is damaged is found, and nothing told as done is lost."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import signal
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.adapters.journal.registry import JournalRegistry
from trunkline.kernel.errors import ProjectError, StoreError, StoreFull
from trunkline.testkit.registry import RegistrySuite, content, registered

_CHILD = """
import asyncio, sys
from pathlib import Path
from trunkline.adapters.journal.registry import JournalRegistry
from trunkline.contracts.registry.port import Overtaken
from trunkline.testkit.registry import content, registered

async def main(folder, major):
    registry, minor = JournalRegistry(Path(folder)), 0
    while True:
        acts = (await registry.subject("order")).acts
        text = content(f"{major}.{minor} " + "x" * 20_000)
        try:
            await registry.append("order", registered(acts + 1, f"{major}.{minor}.0", content=text))
        except Overtaken:
            continue
        print(f"{major}.{minor}.0", flush=True)
        minor += 1

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def registry(tmp_path):
    return JournalRegistry(tmp_path / "registry")


class TestJournalRegistry(RegistrySuite):
    @pytest.fixture
    def registry(self, tmp_path):
        return JournalRegistry(tmp_path / "registry")


async def filled(registry, versions=3):
    for number in range(1, versions + 1):
        await registry.append("order", registered(number, f"1.{number}.0"))
    return registry.file("order")


# Whatever was written before a crash tore the last line stays, and the next act cuts what was torn.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
async def test_a_torn_last_line(tmp_path_factory, data):
    registry = JournalRegistry(tmp_path_factory.mktemp("torn") / "registry")
    path = await filled(registry, 2)
    whole = path.read_bytes()
    await registry.append("order", registered(3, "1.3.0"))
    written = path.read_bytes()
    cut = data.draw(st.integers(len(whole), len(written)))
    path.write_bytes(written[:cut] + data.draw(st.sampled_from([b"", b"\0" * 40])))
    if cut == len(written):
        path.write_bytes(written)
    acts = (await registry.subject("order")).acts
    assert acts == (3 if cut >= len(written) - 1 else 2) or path.read_bytes().endswith(b"\0")
    after = await registry.append("order", registered(acts + 1, "2.0.0"))
    assert after.versions[:2] == (await registry.subject("order")).versions[:2]
    assert path.read_bytes().startswith(whole)
    assert (await registry.subject("order")) == after


# A line that was changed, taken out, moved or put in from elsewhere is named, whichever it is.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(data=st.data())
async def test_altered_lines(tmp_path_factory, data):
    registry = JournalRegistry(tmp_path_factory.mktemp("altered") / "registry")
    path = await filled(registry, 4)
    lines = path.read_bytes().splitlines(keepends=True)
    at = data.draw(st.integers(0, 3))
    match data.draw(st.sampled_from(["change", "remove", "swap", "repeat"])):
        case "change":
            place = data.draw(st.integers(0, len(lines[at]) - 2))
            byte = data.draw(st.integers(33, 126).filter(lambda one: one != lines[at][place]))
            lines[at] = lines[at][:place] + bytes([byte]) + lines[at][place + 1 :]
        case "remove":
            at = min(at, 2)  # that the last line is missing no line tells
            del lines[at]
        case "swap":
            at = min(at, 2)
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "repeat":
            lines.insert(at + 1, lines[at])
            at += 1
    path.write_bytes(b"".join(lines))
    for use in (registry.subject("order"), registry.append("order", registered(5, "9.0.0"))):
        with pytest.raises(ProjectError) as refused:
            await use
        [fault] = refused.value.faults
        assert (fault.place.file, fault.place.line) == ("registry/order.jsonl", at + 1)
        assert "version control" in fault.hint
    assert path.read_bytes() == b"".join(lines)


# A last line that was edited and lost its line feed is a changed one, not a torn one.
async def test_an_edited_last_line_is_not_torn(registry):
    path = await filled(registry)
    path.write_bytes(path.read_bytes().replace(b'"1.3.0"', b'"1.4.0"').rstrip(b"\n"))
    with pytest.raises(ProjectError, match=r"order\.jsonl:3:1: the line was changed"):
        await registry.subject("order")


# A checkout that ends lines as another system does, or drops the last end, changes nothing.
@pytest.mark.parametrize(
    "saved", [lambda text: text.replace(b"\n", b"\r\n"), lambda text: text.rstrip(b"\n")]
)
async def test_ends_of_lines(registry, saved):
    path = await filled(registry)
    before = await registry.subject("order")
    path.write_bytes(saved(path.read_bytes()))
    assert await registry.subject("order") == before
    assert (await registry.append("order", registered(4, "1.4.0"))).acts == 4
    assert (await registry.subject("order")).acts == 4


# A journal under another name is refused, and so is one whose acts contradict each other.
async def test_a_journal_of_another(registry):
    path = await filled(registry)
    path.rename(registry.file("stock"))
    with pytest.raises(ProjectError, match='the line is of "order"; expected the journal of stock'):
        await registry.subject("stock")


# A journal with a shortened name is found by what its first line says; one that says otherwise is refused.
async def test_a_shortened_name(registry):
    name = "x" * 300
    await registry.append(name, registered(1, "1.0.0"))
    path = registry.file(name)
    assert len(path.name) < 255
    assert await registry.subjects() == [name]
    line = path.read_bytes()
    path.write_bytes(line[:50])
    assert await registry.subjects() == []
    for other in (line.replace(b"xxx", b"xyx", 1), line[60:]):
        path.write_bytes(other)
        with pytest.raises(ProjectError, match="not of the subject that the file is named by"):
            await registry.subjects()


# A disk without room keeps nothing of the act, and what was there is whole.
async def test_a_full_disk(registry, monkeypatch):
    path = await filled(registry)
    before, write = path.read_bytes(), os.write

    def half(file, data):
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "no space left on device")
        return write(file, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StoreFull):
        await registry.append("order", registered(4, "1.4.0"))
    assert path.read_bytes() == before


# An act whose sync failed is not told as done, and is not there.
async def test_a_failed_sync(registry, monkeypatch):
    path = await filled(registry)
    before = path.read_bytes()

    def fail(_):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="input/output error"):
        await registry.append("order", registered(4, "1.4.0"))
    assert path.read_bytes() == before


# A file that a checkout puts in the journal's place while an act waits for the lock gets the act.
async def test_an_exchanged_file(registry, monkeypatch):
    import fcntl

    path = await filled(registry)
    lock = fcntl.flock

    def exchange(file, how):
        monkeypatch.setattr(fcntl, "flock", lock)
        copy = path.with_suffix(".new")
        copy.write_bytes(path.read_bytes())
        copy.rename(path)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", exchange)
    await registry.append("order", registered(4, "1.4.0"))
    assert (await registry.subject("order")).acts == 4


# Two processes that register at once, killed in the middle ten times: each act told as done is there, once.
async def test_two_processes_killed(tmp_path):
    registry, chance, told = JournalRegistry(tmp_path / "registry"), random.Random(4), []
    for turn in range(5):
        children = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _CHILD,
                str(tmp_path / "registry"),
                str(2 * turn + lane),
                stdout=subprocess.PIPE,
            )
            for lane in range(2)
        ]
        for child in children:
            for _ in range(chance.randint(1, 12)):
                told += (await child.stdout.readline()).decode().split()
        for child in children:
            child.send_signal(signal.SIGKILL)
            rest, _ = await child.communicate()
            told += [line for line in rest.decode().split("\n")[:-1] if line]
    kept = [one.version for one in (await registry.subject("order")).versions]
    assert len(set(kept)) == len(kept)
    assert set(told) <= set(kept)
    assert len(kept) <= len(told) + 10
    assert (await registry.append("order", registered(len(kept) + 1, "99.0.0"))).acts == len(kept) + 1


# Only journals are looked at: what else is in the folder is none of ours.
async def test_other_files(registry):
    await filled(registry)
    registry.file("order").with_name("README.md").write_text("what this is")
    assert await registry.subjects() == ["order"]
    assert await registry.holding(content().id) != []
