"""What each file of a project says, as documented structs.

The JSON Schema that finds the faults, the reference in ``docs/reference/project.md`` and the values
the composition root builds from all come from these. What one kind of source or target needs is
described by its adapter's own settings; ``trunkline.app.registry`` joins the two.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from trunkline.app.alerting.settings import Alert, AlertSettings
from trunkline.app.listening import Listen
from trunkline.app.quantities import Duration, Share, Size
from trunkline.app.settings import Name
from trunkline.app.settings import Settings as _Settings
from trunkline.kernel.limits import Limits
from trunkline.observe.lateness import PATIENCE
from trunkline.vault.secret import SecretReference

StreamName: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(@[0-9]+)?$",
        description="a contract, with its major version where there are several, such as order@1",
    ),
]
TargetName: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]*\.[a-z0-9][a-z0-9_-]*$",
        description="a system and what it accepts, such as shop.stock",
    ),
]
Verdict: TypeAlias = Annotated[
    Literal["final", "retry"],
    msgspec.Meta(extra_json_schema={"type": "string"}),  # so that a rule in words is told from one with keys
]


class Retention(_Settings, frozen=True):
    """How much of the log is kept; what a flow has not read yet is kept in any case."""

    days: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Events older than this many days may go; nothing goes by age where it is not set."""

    bytes: Size | None = None
    """The oldest events above this size may go; nothing goes by size where it is not set."""


class StoreSettings(_Settings, frozen=True):
    """Where events, the ledger and quarantine are kept."""

    path: str = "state/trunkline.db"
    """The store's file, within the project folder or absolute."""

    dedupe_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """For how many days a repeated arrival is known as a repetition."""

    retention: Retention = msgspec.field(default_factory=Retention)
    """What may be trimmed from the log."""

    audit_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = 730
    """For how many days the audit keeps who did what, whatever retention says."""

    kpi_minutes_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 15
    """For how many days KPIs are known by the minute, whatever retention says."""

    kpi_hours_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = 800
    """For how many days they are known by the hour; by the day they always are."""


class SecretsFile(_Settings, frozen=True):
    """Where secrets stand that are not in the environment."""

    file: str = "state/secrets.yaml"
    """A YAML file of mode 0600, within the project folder or absolute: ``system: {name: value}``."""

    longest: Duration = "90d"
    """For how long a secret may be the same, before people are told to make another."""


class Otlp(_Settings, frozen=True):
    """The collector of what is seen, by OTLP over HTTP; needs ``pip install 'trunkline[otel]'``."""

    endpoint: Annotated[str, msgspec.Meta(pattern=r"^https?://")]
    """Its address, such as http://127.0.0.1:4318; ``/v1/traces`` and the like are added."""

    headers: dict[str, SecretReference] = msgspec.field(default_factory=dict)
    """Headers it asks for, each with its secret."""

    sample: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.01
    """The share of traces that is sent as a whole; what fails is sent in any case."""

    traces: bool = True
    """Whether traces are sent."""

    metrics: bool = True
    """Whether metrics are sent, those of ``/metrics``."""

    logs: bool = True
    """Whether log lines are sent; they are on standard error in any case."""

    metrics_every: Duration = "1m"
    """How often metrics are read and sent."""


class Observe(_Settings, frozen=True):
    """How the project is looked at, and where what is seen of it goes, besides log lines."""

    patience: Annotated[float, msgspec.Meta(ge=1, le=100)] = PATIENCE
    """A flow is late, and a source silent, after this many times what it needs, or what is expected of it."""

    otlp: Otlp | None = None
    """The collector of OpenTelemetry that gets traces, metrics and logs."""


class ProjectFile(_Settings, frozen=True):
    """``trunkline.yaml``: what holds for the whole project."""

    project: Name
    """The project's name."""

    title: str = ""
    """The project's name for people."""

    store: StoreSettings = msgspec.field(default_factory=StoreSettings)
    """The embedded store."""

    listen: Listen = msgspec.field(default_factory=Listen)
    """The HTTP door."""

    limits: Limits = msgspec.field(default_factory=Limits)
    """Bounds on what this process takes in and holds."""

    secrets: SecretsFile = msgspec.field(default_factory=SecretsFile)
    """The file of secrets."""

    observe: Observe = msgspec.field(default_factory=Observe)
    """Where traces, metrics and logs go."""

    alerts: AlertSettings = msgspec.field(default_factory=AlertSettings)
    """When people are told of what goes wrong, and how."""


class Owner(_Settings, frozen=True):
    """Who answers for a system or for its data."""

    team: str
    """The team's name."""

    contact: str
    """How to reach it: an e-mail address, a channel."""


class SystemLimits(_Settings, frozen=True):
    """What a system can bear from us, over all flows that lead to it."""

    requests_per_second: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """The most requests a second; unbounded where it is not set."""

    concurrency: Annotated[int, msgspec.Meta(ge=1, le=1024)] | None = None
    """The most requests under way at a time; the kind of target has its own default."""


class BreakerSettings(_Settings, frozen=True):
    """When each target of a system is left alone, by all flows to it, and for how long."""

    window: Duration = "30s"
    """How far back calls count."""

    failures: Share = "50%"
    """The share of calls in the window, failed or slow, that opens the breaker."""

    minimum: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    """The fewest calls that say anything; as many first attempts refused in a row open it too."""

    slow: Duration = "10s"
    """A call that takes longer counts as a failed one."""

    open: Duration = "500ms"
    """The first interval without calls; each failed probe makes it a twentieth longer."""

    longest: Duration = "1m"
    """The longest interval."""


class BudgetSettings(_Settings, frozen=True):
    """How many retries each target of a system bears, from all flows to it."""

    share: Share = "10%"
    """Retries in the window for each first attempt in it."""

    floor: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 10.0
    """Retries a second besides."""

    window: Duration = "1m"
    """How far back attempts count."""


class Publishes(_Settings, frozen=True):
    """What every entry of ``publishes`` has, whatever its kind."""

    stream: StreamName
    """The contract whose events arrive here, with its major version where there are several."""

    via: str
    """How data arrives: the kind of source."""

    as_: StreamName | None = msgspec.field(name="as", default=None)
    """The earlier version that senders keep to: what comes is cast from it to the stream's."""

    every: Duration | None = None
    """How often the system gives data where it does not as things happen: an export each night is 1d."""

    name: Name | None = None
    """The source's name within its system; the contract's name without it."""


class Accepts(_Settings, frozen=True):
    """What every entry of ``accepts`` has, whatever its kind."""

    name: Name
    """The target's name within its system."""

    contract: StreamName
    """The contract its records keep to, with its major version where there are several."""

    via: str
    """Where data goes: the kind of target."""


class SystemFile(_Settings, frozen=True):
    """``systems/*.yaml``: an application that takes part, what it publishes and what it accepts."""

    system: Name
    """The system's name, by which flows and secrets refer to it."""

    owner: Owner
    """Who answers for the system."""

    title: str = ""
    """The system's name for people."""

    kind: str = ""
    """What it is, for people: web shop, till, warehouse."""

    data_owner: Owner | None = None
    """Who answers for its data, where that is somebody else."""

    connection: dict[str, Any] = msgspec.field(default_factory=dict)
    """How to reach it; its keys depend on the kinds of source and target below."""

    limits: SystemLimits = msgspec.field(default_factory=SystemLimits)
    """What it can bear."""

    breaker: BreakerSettings = msgspec.field(default_factory=BreakerSettings)
    """When its targets are left alone."""

    retry_budget: BudgetSettings = msgspec.field(default_factory=BudgetSettings)
    """How many retries its targets bear."""

    publishes: list[dict[str, Any]] = msgspec.field(default_factory=list)
    """Its sources: each a ``stream``, a ``via`` and the settings of that kind."""

    accepts: list[dict[str, Any]] = msgspec.field(default_factory=list)
    """Its targets: each a ``name``, a ``contract``, a ``via`` and the settings of that kind."""

    @property
    def answering(self) -> Owner:
        """Who answers for its data: the owner of the system where nobody else is named."""
        return self.data_owner or self.owner


Delivery: TypeAlias = Literal["at-most-once", "at-least-once", "effectively-once"]
"""How often an event takes effect in a target, weakest first."""


class Needs(_Settings, frozen=True):
    """What a flow has to give; one that its log or target cannot give is refused at the start."""

    freshness: Duration | None = None
    """How old data may be when it arrives."""

    consistency: Literal["eventual", "immediate"] | None = None
    """How the target agrees with the source: ``eventual``; ``immediate``: before the sender is answered."""

    delivery: Literal["at-least-once", "effectively-once"] = "effectively-once"
    """Whether an event may take effect more than once."""


class Rule(_Settings, frozen=True):
    """How attempts that fail in one way are made again, where it is not as all others."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    """The most attempts of one event."""

    first: Duration | None = None
    """The bound of the wait before the second attempt."""

    longest: Duration | None = None
    """The bound of any wait between two attempts."""

    factor: Annotated[float, msgspec.Meta(ge=1)] | None = None
    """How much the bound grows from one wait to the next."""

    total: Duration | None = None
    """No attempt begins later than this after the first one."""


class Retry(_Settings, frozen=True):
    """When a failed attempt is made again."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 8
    """The most attempts of one event; then it is a dead letter."""

    first: Duration = "1s"
    """The bound of the wait before the second attempt."""

    longest: Duration = "1d"
    """The bound of any wait between two attempts."""

    factor: Annotated[float, msgspec.Meta(ge=1)] = 12.0
    """How much the bound grows from one wait to the next."""

    total: Duration = "3d"
    """No attempt begins later than this after the first one."""

    rules: dict[str, Verdict | Rule] = msgspec.field(default_factory=dict)
    """By kind of error: never again, again although it looks final, or again in another way."""


class FlowFile(_Settings, frozen=True):
    """``flows/*.yaml``: the wiring of a stream to a target."""

    flow: Name
    """The flow's name."""

    from_: StreamName = msgspec.field(name="from")
    """The stream it reads: a contract and its major version."""

    to: TargetName
    """Where it delivers: a system and the name of what it accepts."""

    as_: StreamName | None = msgspec.field(name="as", default=None)
    """The earlier version that it reads its stream in: records are cast down to it."""

    title: str = ""
    """What it is for."""

    map: dict[str, str] | None = None
    """Each field of the target's record with its expression; without it all fields as they are."""

    python: str | None = None
    """A function instead of ``map``: ``mappings.stock:to_shop``."""

    when: str | None = None
    """An expression; an event for which it is not true is dropped by this flow."""

    loop: str = ""
    """Why nothing that it writes comes back to where it came from, where two systems feed each other."""

    reply: str | dict[str, str] | None = None
    """What the callers of a request source get: an expression, or fields, over what the target answered."""

    draft: bool = False
    """Whether it is still being made: it then runs only where a person allows drafts, gate or no gate."""

    alerts: list[Alert] = msgspec.field(default_factory=list)
    """When a person is to be told, and by which route."""

    needs: Needs = msgspec.field(default_factory=Needs)
    """What it has to give."""

    retry: Retry = msgspec.field(default_factory=Retry)
    """When a failed attempt is made again."""

    start: str = "beginning"
    """Where it begins while it has no position: ``beginning``, ``now``, or an RFC 3339 time of acceptance."""

    when_dead: Literal["hold-key", "skip", "supersede"] = "hold-key"
    """Whether later events of a dead letter's entity wait for it, go on, or go on and make it moot."""
