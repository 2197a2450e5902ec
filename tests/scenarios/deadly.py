"""A running ``trunkline`` that kills itself at a chosen step: a child of a server that has all imported.

A process that is killed from outside is mostly met while it starts or rests. This one is killed right before
or right after what it does, by the same signal, and starts in a tenth of the time.
"""

from __future__ import annotations

import inspect
import itertools
import multiprocessing
import os
import signal
import sys
from pathlib import Path

from trunkline.adapters.http.target import HttpTarget
from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.adapters.sqlite.ledger import SqliteLedger
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.delivery.attempt import Mapper
from trunkline.surfaces.cli import main

POINTS = {
    "accept": [(SqliteLog, "append")],
    "map": [(Mapper, "__call__")],
    "deliver": [(SqliteTable, "deliver"), (HttpTarget, "deliver")],
    "record": [(SqliteLedger, "record")],
}
"""The steps of the main path, by what does them."""

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__, "trunkline.app.run", "trunkline.surfaces.cli.run"])


def killed_at(folder: Path, point: str, count: int, longest_seconds: float) -> bool:
    """Run a project until it is killed at the ``count``-th border of ``point``; tell whether it came to that.

    Each call of the step has two borders, before and after it. A process that has nothing more to do is
    killed from outside in the end.
    """
    process = _server.Process(target=_run, args=(folder, point, count))
    process.start()
    process.join(longest_seconds)
    came = process.exitcode is not None
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return came


def _run(folder: Path, point: str, count: int) -> None:
    borders = itertools.count(1)

    def pass_border() -> None:
        if next(borders) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in POINTS[point]:
        setattr(owner, name, _between(getattr(owner, name), pass_border))
    with (folder / "run.log").open("a") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    sys.argv = ["trunkline", "run", "--port", "0", "--project", str(folder)]
    main()


def _between(step, pass_border):
    if inspect.iscoroutinefunction(step):

        async def awaited(*given):
            pass_border()
            result = await step(*given)
            pass_border()
            return result

        return awaited

    def called(*given):
        pass_border()
        result = step(*given)
        pass_border()
        return result

    return called
