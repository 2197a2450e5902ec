"""A project, opened: its store, log, ledger and quarantine, and the intakes of its streams.

Every use-case works on a ``Backbone``. ``run`` holds one open for as long as it runs, in its roles; a
command opens one for a moment, without a role where it only reads, so it works beside the running process.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping

import msgspec

from trunkline.adapters.keyfile.key import load_key
from trunkline.adapters.keyfile.secrets import EnvironmentSecrets, FileSecrets
from trunkline.adapters.sqlite.alerts import SqliteAlerts
from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.audit import SqliteAudit
from trunkline.adapters.sqlite.census import SqliteCensus
from trunkline.adapters.sqlite.ledger import SqliteLedger
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.pausing import SqlitePauses
from trunkline.adapters.sqlite.quarantine import SqliteQuarantine
from trunkline.adapters.sqlite.replays import SqliteReplays
from trunkline.adapters.sqlite.rollups import SqliteRollups
from trunkline.adapters.sqlite.standing import SqliteStandings
from trunkline.adapters.sqlite.store import Store
from trunkline.app.bearings import bearings_of, resume
from trunkline.app.health import Health, WatchedIntake
from trunkline.app.project import PUBLISH, Project, Source
from trunkline.app.remembered import Remembered
from trunkline.app.traced import TracedLog, TracedQuarantine
from trunkline.app.usual import USUAL_SECONDS, usual_silences
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.pausing import Pauses
from trunkline.delivery.replay.port import Replays
from trunkline.delivery.standing import Standings
from trunkline.eventlog.port import EventLog
from trunkline.eventlog.seal import Sealer
from trunkline.intake.accept import Intake, Into, Surroundings
from trunkline.intake.quarantine import Quarantine
from trunkline.kernel.clock import Clock, SystemClock
from trunkline.kernel.errors import StoreError, StoreHeld
from trunkline.kernel.ids import Ids, SystemIds
from trunkline.kernel.roles import ROLES, Role
from trunkline.kernel.signals import Signals
from trunkline.kernel.spans import Tracer
from trunkline.observe.alerts.store import AlertStore
from trunkline.observe.audit import Audit
from trunkline.observe.census import Census
from trunkline.observe.logs import Write
from trunkline.observe.metrics import Meter, Tallies
from trunkline.observe.rollups import Pair, RollupKeeper
from trunkline.vault.chain import ChainedSecrets

KEY_FILE = "trunkline.key"

PATIENCE_SECONDS = 3.0
"""How long to wait for a store that a command has for a moment, or for who has it to take requests."""

LOOK_SECONDS = 0.05
"""How often it is looked meanwhile."""

_DAY_SECONDS = 86_400


class Machine(msgspec.Struct, frozen=True):
    """What a process has around it, passed in so that a test can hold it still.

    ``tracer``, ``meter`` and ``write`` take spans, metrics and log lines for a collector, where there is one.
    """

    environ: Mapping[str, str]
    clock: Clock
    ids: Ids
    signals: Signals
    tracer: Tracer | None = None
    meter: Meter | None = None
    write: Write | None = None


def this_machine(environ: Mapping[str, str]) -> Machine:
    """Return the real clock and real identifiers, with nobody listening yet."""
    clock = SystemClock()
    return Machine(environ, clock, SystemIds(clock), Signals())


class Backbone(msgspec.Struct, frozen=True):
    """An open project, in some roles or none.

    ``intakes`` are by source, those of ``publish`` included, ``bearings`` by target. ``fingerprint`` hashes
    with the store's key: nobody can test a guess at what was hashed with the file alone.
    """

    project: Project
    roles: frozenset[Role]
    machine: Machine
    log: EventLog
    ledger: SqliteLedger
    quarantine: Quarantine
    around: Surroundings
    intakes: dict[str, Intake]
    health: Health
    tallies: Tallies
    audit: Audit
    bearings: dict[str, Bearing]
    standings: Standings
    replays: Replays
    alerts: AlertStore
    rollups: RollupKeeper
    pauses: Pauses
    census: Census
    usual: Remembered[Mapping[Pair, int]]
    fingerprint: Callable[[bytes], bytes]
    store: Store

    @property
    def secrets(self) -> ChainedSecrets:
        """Every place this project keeps its secrets in, the environment first."""
        return secrets_of(self.project, self.machine.environ)


def secrets_of(project: Project, environ: Mapping[str, str]) -> ChainedSecrets:
    """Chain the places of a project's secrets."""
    file = project.path(project.settings.secrets.file)
    return ChainedSecrets([EnvironmentSecrets(environ), FileSecrets(file)])


@contextlib.asynccontextmanager
async def opened(
    project: Project, machine: Machine, roles: Collection[Role] = ROLES, *, patience_seconds: float = 0.0
) -> AsyncIterator[Backbone]:
    """Open the store while the block runs, to write in ``roles``; without any, for reading only.

    Raises ``SecretUnavailable`` without a key, ``StoreHeld`` where another process has the store in one of
    ``roles`` for longer than ``patience_seconds``, ``StoreError`` where it cannot be had.
    """
    key = load_key(machine.environ, project.state / KEY_FILE)
    sealer = Sealer(bytes.fromhex(key.reveal()))
    if roles:
        _make_folder(project)
    keep_free = project.settings.limits.disk_free_bytes
    last = machine.clock.monotonic() + patience_seconds
    while True:
        try:
            store = Store(project.store_path, roles, keep_free_bytes=keep_free)
            break
        except StoreHeld:
            if machine.clock.monotonic() >= last:
                raise
            await machine.clock.sleep(LOOK_SECONDS)
    try:
        log = await SqliteLog.open(store, sealer, machine.clock, _log_settings(project, store.roles))
        backbone = _assembled(project, machine, log, store, sealer)
        await resume(backbone.bearings, backbone.standings)
        yield backbone
    finally:
        await store.close()


def _make_folder(project: Project) -> None:
    try:
        project.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"{project.state} cannot be made: {error.strerror}") from None


def _log_settings(project: Project, roles: Collection[Role]) -> LogSettings:
    settings = project.settings
    chosen = LogSettings(window_seconds=settings.store.dedupe_days * _DAY_SECONDS, limits=settings.limits)
    # who delivers nothing reads no page again
    return chosen if "delivery" in roles else msgspec.structs.replace(chosen, recent_bytes=0)


def _into(source: Source) -> Into | None:
    return Into(source.contract, source.cast) if source.cast else None


def _traced(machine: Machine, log: EventLog, quarantine: Quarantine) -> tuple[EventLog, Quarantine]:
    """Put the tracer beside what intake writes to, where there is one."""
    if machine.tracer is None:
        return log, quarantine
    return (
        TracedLog(log, machine.tracer, machine.clock),
        TracedQuarantine(quarantine, machine.tracer, machine.clock),
    )


def _assembled(project: Project, machine: Machine, log: SqliteLog, store: Store, sealer: Sealer) -> Backbone:
    kept, quarantine = _traced(machine, log, SqliteQuarantine(store, sealer))
    around = Surroundings(machine.clock, machine.ids, machine.signals, project.settings.limits)
    ways = {name: (source.given, _into(source)) for name, source in project.sources.items()}
    ways |= {f"{PUBLISH}/{stream}": (contract, None) for stream, contract in project.contracts.items()}
    health, tallies, rollups = Health(machine.clock), Tallies(), SqliteRollups(store)
    machine.signals.listen(tallies)
    intakes: dict[str, Intake] = {}
    for name, (contract, into) in ways.items():
        intakes[name] = intake = WatchedIntake(name, contract, kept, quarantine, around, into)
        intake.health = health
    bearings = bearings_of(project, machine.clock, machine.ids, machine.signals)
    return Backbone(
        project,
        store.roles,
        machine,
        log,
        SqliteLedger(store, sealer),
        quarantine,
        around,
        intakes,
        health,
        tallies,
        SqliteAudit(store),
        bearings,
        SqliteStandings(store),
        SqliteReplays(store),
        SqliteAlerts(store),
        rollups,
        SqlitePauses(store),
        SqliteCensus(store),
        Remembered(lambda: usual_silences(rollups, machine.clock), machine.clock, USUAL_SECONDS),
        sealer.fingerprint,
        store,
    )
