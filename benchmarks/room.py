"""The control room on a large project: every page, every answer of the API, and what looking on costs.

``benchmarks/large.py`` makes the project; it runs as ``trunkline run`` in a process of its own. A browser's
part is played: it logs in, keeps its cookie, holds a live stream open and takes over what changed. Of each
page the first response of a process whose flows have begun is timed, with all that is loaded and read for it,
and many more; beside the clock of the wall the process's own CPU time, which other work does not stretch.
Pages and routes of what the project has none of are named and not measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import psutil

from benchmarks.large import FLOWS, STREAMS, fill_large, flow_name, write_large
from benchmarks.orders import order
from benchmarks.project import TOKEN
from benchmarks.scratch import scratch

WARM = 20
GOAL_MS, GOAL_CORE = 300, 0.05
EVENTS_A_SECOND, WATCHED_SECONDS, VIEWERS = 50, 15.0, (1, 5)
BEGUN_SECONDS = 3.0
"""How long 500 flows have to look where they are, each in the store and in its target."""
LOOKED_AT = {"overview": "/control/", "flows": "/control/flows"}
START_SECONDS, ALERT_SECONDS = 120.0, 120.0
_MORE = {
    "letters": "/control/dead/letters?flow=flow-000&kind=rejected",
    "entries": "/control/quarantine/entries?kind=contract",
}


class Names(msgspec.Struct):
    """What stands for the names in routes: something of each kind that there is in the project."""

    entry: str
    token: str
    alert: str = ""
    replay: str = ""

    def filled(self, path: str) -> str:
        """Return a route with its names filled in; raises ``KeyError`` for one that is not known here."""
        known = {
            "flow": flow_name(0),
            "offset": "17",
            "stream": "order0@1",
            "name": "order0",
            "version": "latest",
            "contract": "order0",
        }
        own = {
            "quarantine": self.entry,
            "traces": f"{17:032x}",
            "trace": f"{17:032x}",
            "alerts": self.alert,
            "replays": self.replay,
        }
        section = path.strip("/").partition("/")[0]
        return re.sub(r"{(\w+)}", lambda one: quote(own.get(section) or known[one[1]], safe=""), path)


async def with_trouble(session: aiohttp.ClientSession, names: Names) -> Names:
    """Start a replay and wait for an alert, so that there is one of each to look at."""
    headers = {"authorization": f"Bearer {names.token}"}
    asked = {"flow": flow_name(FLOWS - 1), "selection": {"first": 0, "last": 1}, "why": "a benchmark"}
    async with session.post("/api/v1/replays", headers=headers, json=asked) as answer:
        replay = (await answer.json())["id"]
    async with asyncio.timeout(ALERT_SECONDS):
        while True:
            async with session.get("/api/v1/alerts", headers=headers) as answer:
                found = (await answer.json())["items"]
            if found:
                return msgspec.structs.replace(names, alert=found[0]["id"], replay=replay)
            await asyncio.sleep(1)


class Running(msgspec.Struct):
    """A project that runs: where its door is, and its process."""

    url: str
    process: psutil.Process


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    """Run the project in a process of its own."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "trunkline", "run", "--project", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},  # as it is where somebody installed it
    )
    assert child.stdout is not None
    try:
        url = await asyncio.wait_for(_door(child.stdout), START_SECONDS)
        rest = asyncio.ensure_future(child.stdout.read())
        yield Running(url, psutil.Process(child.pid))
    finally:
        child.terminate()
        await child.wait()
    await rest


async def _door(output: asyncio.StreamReader) -> str:
    async for line in output:
        if found := re.search(rb"(http://[^/\s]+)/hooks", line):
            return found[1].decode()
    raise RuntimeError("the project did not start")


def browser(url: str) -> aiohttp.ClientSession:
    """Return a browser: it keeps its cookies, also those of an address."""
    jar = aiohttp.CookieJar(unsafe=True)
    return aiohttp.ClientSession(url, cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=60))


async def log_in(session: aiohttp.ClientSession, token: str) -> None:
    """Log in by the form."""
    async with session.post("/control/login", data={"token": token}, allow_redirects=False) as answer:
        assert answer.status == 303, (answer.status, await answer.text())


async def timed(session: aiohttp.ClientSession, path: str, **more: Any) -> float:
    """Return how many milliseconds an answer takes, all of it; raises ``RuntimeError`` for none."""
    started = time.perf_counter()
    async with session.get(path, allow_redirects=False, **more) as answer:
        body = await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return (time.perf_counter() - started) * 1_000


async def _warm(ask: Callable[[], Awaitable[float]]) -> dict[str, float]:
    took = sorted([await ask() for _ in range(WARM)])
    return {"p50": statistics.median(took), "p95": took[WARM * 95 // 100], "worst": took[-1]}


def pages(names: Names) -> dict[str, str]:
    """Return the address of every page by its name."""
    from trunkline.surfaces.dashboard.page import ROOM  # noqa: PLC0415  children need none of it
    from trunkline.surfaces.dashboard.pages import PAGES  # noqa: PLC0415  as above

    found = {}
    for page in PAGES:
        try:
            found[page.name] = ROOM + names.filled(page.path)
        except KeyError as error:
            print(f"page {page.name} is not measured: there is no {error}", file=sys.stderr)
    return found | _MORE


async def measure_pages(folder: Path, names: Names) -> tuple[list[dict[str, Any]], Names]:
    """Time each page: first in a process of its own, with only the log-in before it, then again and again.

    Another process has shown each once, as it is from the first day after an installation on.
    """
    rows = []
    async with running(folder) as project, browser(project.url) as session:
        await log_in(session, names.token)
        names = await with_trouble(session, names)
        for path in pages(names).values():
            await timed(session, path)
    for name, path in pages(names).items():
        async with running(folder) as project, browser(project.url) as session:
            await asyncio.sleep(BEGUN_SECONDS)
            await log_in(session, names.token)
            before = _cpu_seconds(project.process)
            first = await timed(session, path)
            took = _cpu_seconds(project.process) - before
            rows.append(_row(f"control room, {name}", first, await _warm(partial(timed, session, path))))
            rows[-1]["found"]["ms of CPU first"] = 1_000 * took
            rows[-1]["rss_mb"] = project.process.memory_info().rss / 1e6
    return rows, names


async def measure_api(folder: Path, names: Names) -> list[dict[str, Any]]:
    """Time each route of the API that is asked with GET, in one process."""
    rows = []
    async with running(folder) as project, browser(project.url) as session:
        await asyncio.sleep(BEGUN_SECONDS)
        headers = {"authorization": f"Bearer {names.token}"}
        async with session.get("/api/v1/openapi.json", headers=headers) as answer:
            paths = (await answer.json(content_type=None))["paths"]
        for path in [path for path, methods in paths.items() if "get" in methods]:
            try:
                asked = "/api/v1" + names.filled(path.removeprefix("/api/v1"))
            except KeyError:
                print(f"route {path} is not measured: there is none", file=sys.stderr)
                continue

            async def ask(asked: str = asked) -> float:
                return await timed(session, asked, headers=headers)

            try:
                rows.append(_row(f"API, GET {path}", await ask(), await _warm(ask)))
            except RuntimeError as error:
                print(error, file=sys.stderr)
    return rows


def _row(path: str, first: float, warm: dict[str, float]) -> dict[str, Any]:
    return {
        "path": path,
        "p50_ms": warm["p50"],
        "p99_ms": warm["worst"],
        "found": {"ms first": first, "ms p95": warm["p95"]},
        "goal": f"first response < {GOAL_MS} ms",
        "goal_met": first < GOAL_MS and warm["p95"] < GOAL_MS,
    }


async def _traffic(url: str) -> None:
    """Send events to the streams in turn, at an even pace."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    began = time.perf_counter()
    number = 0
    async with aiohttp.ClientSession(url) as session:
        while True:
            number += 1
            body = order(1_000_000 + number)
            async with session.post(f"/hooks/{number % STREAMS}", data=body, headers=headers) as answer:
                assert answer.status == 202, (answer.status, await answer.text())
            await asyncio.sleep(max(0, began + number / EVENTS_A_SECOND - time.perf_counter()))


async def view(url: str, token: str, path: str) -> None:
    """Look at a page as its script does: hear of changes, and take over what changed."""
    async with browser(url) as session:
        await log_in(session, token)
        seen = await _seen(session, path)
        asked = urlencode({"page": path, "seen": seen})
        async with session.get(f"/control/live?{asked}", timeout=aiohttp.ClientTimeout(total=None)) as stream:
            assert stream.status == 200, stream.status
            async for line in stream.content:
                if line.startswith(b"event: changed"):
                    await _seen(session, f"{path}?fragment=1")


async def _seen(session: aiohttp.ClientSession, path: str) -> str:
    async with session.get(path) as answer:
        found = re.search(r'data-seen="(\w+)"', await answer.text())
        assert found, path
        return found[1]


async def _core(process: psutil.Process, seconds: float) -> float:
    """Return the share of a core that a process takes."""
    before, at = _cpu_seconds(process), time.perf_counter()
    await asyncio.sleep(seconds)
    return (_cpu_seconds(process) - before) / (time.perf_counter() - at)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def measure_live(folder: Path, token: str, seconds: float = WATCHED_SECONDS) -> list[dict[str, Any]]:
    """Compare a process that somebody looks at with itself before and after, under even traffic."""
    rows = []
    async with running(folder) as project, contextlib.AsyncExitStack() as stack:
        traffic = asyncio.create_task(_traffic(project.url))
        stack.callback(traffic.cancel)
        await asyncio.sleep(3)
        before = await _core(project.process, seconds)
        for name, path in LOOKED_AT.items():
            for many in VIEWERS:
                viewers = [asyncio.create_task(view(project.url, token, path)) for _ in range(many)]
                await asyncio.sleep(3)
                looked = await _core(project.process, seconds)
                for one in viewers:
                    assert not one.done(), one.result()
                    one.cancel()
                await asyncio.gather(*viewers, return_exceptions=True)
                await asyncio.sleep(3)
                after = await _core(project.process, seconds)
                rows.append(_live(f"live view, {name}, {many} looking", looked, (before + after) / 2))
                before = after
        assert not traffic.done(), traffic.result()
    return rows


def _live(path: str, looked: float, alone: float) -> dict[str, Any]:
    return {
        "path": path,
        "ratio": looked - alone,
        "found": {"% of a core alone": 100 * alone, "% looked at": 100 * looked},
        "goal": f"< {GOAL_CORE:.0%} of a core at {EVENTS_A_SECOND} events/s, {FLOWS} flows",
        "goal_met": looked - alone < GOAL_CORE,
    }


async def run() -> list[dict[str, Any]]:
    """Give the records of ``python -m benchmarks room``."""
    with scratch() as place:
        folder = Path(place)
        write_large(folder)
        names = Names(*await fill_large(folder))
        pages_found, names = await measure_pages(folder, names)
        return [*pages_found, *await measure_api(folder, names), *await measure_live(folder, names.token)]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run()), indent=1))
