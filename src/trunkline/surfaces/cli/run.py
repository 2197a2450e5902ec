"""``trunkline run``: a project in one process, or one role of it, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import getpass
import signal
import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trunkline.kernel.roles import ROLES, Role
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, loaded
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.backbone import Backbone, Machine
    from trunkline.app.project import Project
    from trunkline.app.run import Started
    from trunkline.surfaces.place import Place

_FLUSH_SECONDS = 10.0


def run(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    role: Role | None = None,
    host: str | None = None,
    port: Annotated[int | None, Parameter(name="--port")] = None,
    log_format: Annotated[str, Parameter(name="--log-format")] = "auto",
    allow_draft: Annotated[bool, Parameter(name="--allow-draft", show_default=False)] = False,
    insecure_plain: Annotated[bool, Parameter(name="--insecure-plain", show_default=False)] = False,
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
    insecure_plain
        Listen without TLS where others reach it: for a door behind a proxy that has the certificate.
    """
    from trunkline.app.telemetry import telemetry  # noqa: PLC0415  --help must not pay for it
    from trunkline.surfaces.place import place_of  # noqa: PLC0415  as above

    project, machine = loaded(common)
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    # the project's port is the intake's, so delivery has a door only where it is given one of its own
    listens = role != "delivery" or port is not None
    place = place_of(project, host or "", port, plain=insecure_plain) if listens else None
    with (
        telemetry(project, machine, [role] if role else ROLES) as traced,
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        part = Part(project, traced, role, place, allow_draft)
        runner.run(_run(part, as_json=as_json, tell_json=common.json))
    return Exit.OK


@dataclasses.dataclass(frozen=True)
class Part:
    """What of a project a process runs, and where it listens, if it does."""

    project: Project
    machine: Machine
    role: Role | None
    place: Place | None
    allow_draft: bool = False


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
    from trunkline.surfaces.mounts import doorway, shown  # noqa: PLC0415  as above

    machine, place = part.machine, part.place
    own = make_writer(sys.stderr, machine.clock, as_json=as_json)
    listener = LogListener(own, *([machine.write] if machine.write else []))
    machine.signals.listen(listener)
    stop = _stop_on_signals()

    roles = [part.role] if part.role else ROLES
    opening = opened(part.project, machine, roles, patience_seconds=PATIENCE_SECONDS)
    async with opening as backbone:
        with doorway(backbone, place) if place else contextlib.nullcontext(None) as opens:
            pages = shown(part.project, place) if place else ""
            async with running(backbone, opens, allow_draft=part.allow_draft, pages=pages) as started:
                settle_collector()
                _tell(started, as_json=tell_json)
                if not tell_json and place and part.role != "delivery":
                    await _tell_room(backbone, started.address)
                sys.stdout.flush()
                await _until(stop, listener, machine)
        listener.flush()


async def _tell_room(backbone: Backbone, address: str) -> None:
    """Say where the control room is; make the token at the first start, and show it once on a terminal alone.

    Elsewhere standard output is kept, as a journal or a container's log is, and so would the token be.
    """
    from trunkline.app.acts import RotateToken, perform  # noqa: PLC0415  --help must not pay for it
    from trunkline.app.tokens import token_standing  # noqa: PLC0415  as above

    output.say(f"  control room: {address}/control/")
    if token_standing(backbone.project, backbone.machine.clock.now()).tokens:
        return
    if not sys.stdout.isatty():
        output.say('  nobody can log in yet: make the token with "trunkline token rotate"')
        return
    made = await perform(backbone, RotateToken(getpass.getuser(), "the first start"))
    output.say(f"\nThe administrator's token, shown this once; keep it in a safe place:\n\n  {made.token}\n")


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
