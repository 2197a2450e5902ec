"""``trunkline run``: a project in one process, or one role of it, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trunkline.kernel.roles import ROLES, Role
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, loaded
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.backbone import Machine
    from trunkline.app.project import Project
    from trunkline.app.run import Started
    from trunkline.surfaces.door import Application

_FLUSH_SECONDS = 10.0


def run(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    role: Role | None = None,
    host: str | None = None,
    port: Annotated[int | None, Parameter(name="--port")] = None,
    log_format: Annotated[str, Parameter(name="--log-format")] = "auto",
    allow_draft: Annotated[bool, Parameter(name="--allow-draft", show_default=False)] = False,
) -> Exit:
    """Run sources, flows and the HTTP door in one process, until stopped.

    It checks the project first and does not start with a fault, nor with a flow
    that does not pass the gate of "trunkline check". SIGTERM and Ctrl-C finish
    what is under way, at most for 30 seconds, and end with 0; a second one ends
    at once. Logs go to standard error.

    With --role it runs one role, and a second process runs the other: each
    then has a core of its own.

    Example: trunkline run --port 9000

    Parameters
    ----------
    role
        Only this role: intake (sources, HTTP door) or delivery (flows). Delivery listens, for
        GET /health and /ready, only where it is given a port.
    host
        The address to listen on, instead of the project's.
    port
        The port to listen on, instead of the project's; 0 for any free one.
    log_format
        json, console, or auto: console on a terminal.
    allow_draft
        Run flows that say draft: true as well, whether or not they pass the gate.
    """
    project, machine = loaded(common)
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    part = Part(project, machine, role, host, port, allow_draft)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_run(part, as_json=as_json, tell_json=common.json))
    return Exit.OK


@dataclasses.dataclass(frozen=True)
class Part:
    """What of a project a process runs, and where it was told to listen."""

    project: Project
    machine: Machine
    role: Role | None
    host: str | None
    port: int | None
    allow_draft: bool = False

    @property
    def listens(self) -> bool:
        """Whether it opens a door: the project's port is the intake's, so delivery needs one of its own."""
        return self.role != "delivery" or self.port is not None

    @property
    def address(self) -> tuple[str, int]:
        """Where to listen, if it does."""
        listen = self.project.settings.listen
        return self.host or listen.host, listen.port if self.port is None else self.port


def loop_factory() -> Any:
    """Return what makes the event loop: uvloop where there is one."""
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415  half the requests a second without it

    return uvloop.new_event_loop


async def _run(part: Part, *, as_json: bool, tell_json: bool) -> None:
    from trunkline.app.backbone import PATIENCE_SECONDS, opened  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.collector import settle_collector  # noqa: PLC0415  as above
    from trunkline.app.run import running  # noqa: PLC0415  as above
    from trunkline.observe.logs import LogListener, make_writer  # noqa: PLC0415  as above
    from trunkline.surfaces.door import Door, serve  # noqa: PLC0415  as above
    from trunkline.surfaces.probes import probes  # noqa: PLC0415  as above

    machine = part.machine
    listener = LogListener(make_writer(sys.stderr, machine.clock, as_json=as_json))
    machine.signals.listen(listener)
    stop = _stop_on_signals()

    roles = [part.role] if part.role else ROLES
    async with contextlib.AsyncExitStack() as stack:
        mounts = stack.enter_context(_mounts(part))
        opening = opened(part.project, machine, roles, patience_seconds=PATIENCE_SECONDS)
        backbone = await stack.enter_async_context(opening)

        async def opens_door(webhooks: Mapping[str, Any]) -> Any:
            door = Door(webhooks, machine.ids, {**probes(backbone, part.address[0]), **mounts})
            return await serve(door, *part.address)

        opens = opens_door if part.listens else None
        async with running(backbone, opens, allow_draft=part.allow_draft, pages=_shown(part)) as started:
            settle_collector()
            _tell(started, as_json=tell_json)
            await _until(stop, listener, machine)
        listener.flush()


def _shown(part: Part) -> str:
    """Return where the door shows the documentation to everybody who can send; empty where it does not."""
    from trunkline.surfaces.access import readers_of  # noqa: PLC0415  as above
    from trunkline.surfaces.docs.mount import DOCS  # noqa: PLC0415  as above

    return DOCS if readers_of(part.project.settings.listen.docs, part.address[0]) == "everybody" else ""


def _mounts(part: Part) -> contextlib.AbstractContextManager[Mapping[str, Application]]:
    """Give what the door mounts beside webhooks; nothing at the door of delivery."""
    if part.role == "delivery":
        return contextlib.nullcontext({})
    from trunkline.surfaces.mounts import mounted  # noqa: PLC0415  as above

    return mounted(part.project, part.machine, part.address[0])


def _stop_on_signals() -> asyncio.Event:
    """Set the event on the first signal; on the second, end at once as the system's default does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first() -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, first)
    return stop


async def _until(stop: asyncio.Event, listener: Any, machine: Machine) -> None:
    """Write what was counted now and then, until it is time to stop."""
    waiting = asyncio.ensure_future(stop.wait())
    while not waiting.done():
        timer = asyncio.ensure_future(machine.clock.sleep(_FLUSH_SECONDS))
        await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        listener.flush()


def _tell(started: Started, *, as_json: bool) -> None:
    if as_json:
        output.document(started)
        return
    output.say(f"{f'Listening on {started.address}' if started.address else 'Delivering'}. Stop with Ctrl-C.")
    for name, url in started.webhooks.items():
        output.say(f"  source {name}: POST {url}")
    for name, folder in started.folders.items():
        output.say(f"  source {name}: watches {folder}")
    for name, cursor in started.flows.items():
        output.say(f"  flow {name}: from offset {cursor:,}")
    for name in started.drafts:
        output.say(f"  flow {name}: a draft, not run; --allow-draft runs it")
    sys.stdout.flush()
