"""Builds the sources and targets of a project from what their files say: one builder a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from trunkline.adapters.files.source import FileSource
from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.app.backbone import Backbone
from trunkline.app.project import Source, Target
from trunkline.connectors.mapping import Mapping as FieldMapping
from trunkline.connectors.source import Source as SourcePort
from trunkline.connectors.target import AskedTarget
from trunkline.connectors.target import Target as TargetPort
from trunkline.contracts.contract import Contract
from trunkline.intake import signatures
from trunkline.intake.asking import Answers, Asking
from trunkline.intake.webhook import Webhook
from trunkline.kernel.errors import Final, ProjectError
from trunkline.kernel.event import Event
from trunkline.kernel.faults import Fault, Place


def _webhook(source: Source, backbone: Backbone, _desks: Desks) -> Webhook:
    try:
        verifier = signatures.build(source.settings.verify, backbone.secrets)
    except ValueError as error:
        place = Place(f"systems/ ({source.name})")
        raise ProjectError([Fault(place, f"verify: {error}")]) from None
    return Webhook(source.settings, verifier, backbone.intakes[source.name], backbone.around)


def _request(source: Source, backbone: Backbone, desks: Desks) -> Asking:
    webhook, intake = _webhook(source, backbone, desks), backbone.intakes[source.name]
    return Asking(webhook, source.settings, intake, backbone.around, desks[source.contract.stream])


def _files(source: Source, backbone: Backbone) -> SourcePort:
    machine = backbone.machine
    folder = backbone.project.path(source.settings.folder)
    return FileSource(source.name, folder, source.settings, machine.clock, machine.signals)


def _table(target: Target, backbone: Backbone) -> TargetPort:
    connection = target.connection
    if connection.sqlite:
        path = backbone.project.path(connection.sqlite)
        return SqliteTable(target.name, path, target.settings, target.contract)
    from trunkline.adapters.sql.postgres import PostgresTable  # noqa: PLC0415  its driver is an extra

    password = backbone.secrets.get(connection.password) if connection.password else None
    return PostgresTable(target.name, connection.postgres, password, target.settings, target.contract)


def _http(target: Target, backbone: Backbone) -> AskedTarget:
    from trunkline.adapters.http.target import HttpTarget  # noqa: PLC0415  its client takes long to import

    return HttpTarget(
        target.name, target.settings, target.connection, backbone.secrets, backbone.machine.clock
    )


Desks: TypeAlias = Mapping[str, Answers]
"""The flows that answer, by the stream whose callers they answer."""

Endpoint: TypeAlias = Webhook | Asking
"""What the door opens for a source that others push to."""

PUSHED: Mapping[str, Callable[[Source, Backbone, Desks], Endpoint]] = {
    "webhook": _webhook,
    "request": _request,
}
"""How each kind of source is built that others push to; raises ``SecretUnavailable`` without its secret."""

PULLED: Mapping[str, Callable[[Source, Backbone], SourcePort]] = {"files": _files}
"""How each kind of source is built that we pull from."""

TARGETS: Mapping[str, Callable[[Target, Backbone], TargetPort]] = {
    "http": _http,
    "table": _table,
}
"""How each kind of target is built."""

ASKED: Mapping[str, Callable[[Target, Backbone], AskedTarget]] = {"http": _http}
"""How each kind of target is built whose answers are passed on."""


class Checked:
    """A mapping whose result is held against the target's contract: nothing leaves against it."""

    def __init__(self, mapping: FieldMapping, contract: Contract) -> None:
        self._mapping = mapping
        self._check = contract.check
        self._ref = contract.ref

    def __call__(self, record: Any, event: Event) -> dict[str, Any] | None:
        """Return the mapped record; raises ``Final`` of kind ``contract``, repeating no value."""
        mapped = self._mapping(record, event)
        if mapped is None:
            return None
        violations = self._check(mapped)
        if violations:
            reasons = "; ".join(f"{one.pointer or '/'}: {one.message}" for one in violations[:5])
            raise Final("contract", f"the mapped record does not keep to {self._ref}: {reasons}")
        return mapped
