"""The door of a running project: its webhooks, and beside them its pages, API, registry and control room."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.app.run import OpenDoor, OpensDoor
from trunkline.app.tokens import keyring_of
from trunkline.app.versions import registry_of
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.intake.notice import Announcing
from trunkline.surfaces.access import Access, readers_of
from trunkline.surfaces.dashboard.page import ROOM
from trunkline.surfaces.docs.mount import DOCS, Pages
from trunkline.surfaces.door import Application, Door, Receive, Scope, Send, serve
from trunkline.surfaces.keeper import Keeper
from trunkline.surfaces.login import LogIn
from trunkline.surfaces.origins import Origins, guarded
from trunkline.surfaces.place import Place
from trunkline.surfaces.probes import probes
from trunkline.surfaces.rest.application import ContractsApi
from trunkline.surfaces.rest.project import ProjectApi
from trunkline.surfaces.schemas import SchemaRegistry
from trunkline.surfaces.workers import Workers
from trunkline.vault.keyring import Lengths

if TYPE_CHECKING:
    from trunkline.surfaces.docs.site import Site

SCHEMAS = "/registry"
"""Where Kafka's clients find the registry."""
API = "/api/v1"
"""Where programs ask."""


@contextlib.contextmanager
def doorway(backbone: Backbone, place: Place) -> Iterator[OpensDoor]:
    """Give what opens the door of a running project; at the end its applications begin nothing more.

    The door of a process that takes nothing in is for probes alone. Raises ``SecretUnavailable`` where a
    writer of the registry has no secret.
    """
    takes_in = "intake" in backbone.roles
    with contextlib.ExitStack() as stack:
        mounts = stack.enter_context(mounted(backbone, place)) if takes_in else {}
        home = f"{ROOM}/" if takes_in else ""

        async def opens(webhooks: Mapping[str, Announcing]) -> OpenDoor:
            door = Door(webhooks, backbone.machine.ids, {**probes(backbone, place), **mounts}, home)
            return await serve(door, place.host, place.port, place.tls)

        yield opens


@contextlib.contextmanager
def mounted(backbone: Backbone, place: Place) -> Iterator[Mapping[str, Application]]:
    """Give what a door at a place has beside webhooks, by path; see ``doorway``."""
    project, clock = backbone.project, backbone.machine.clock
    settings = project.settings.listen
    writers = {name: backbone.secrets.get(secret) for name, secret in settings.registry.writers.items()}
    tls = place.tls is not None
    lengths = Lengths(settings.sessions.idle_seconds, settings.sessions.longest_seconds)
    keeper = Keeper(keyring_of(project), clock, tls=tls, lengths=lengths)
    origins = Origins(place.host, settings.hosts)
    access = Access(readers_of(settings.registry.read, place.host), writers, "listen.registry", keeper)
    names = {one.name for one in project.contracts.values()}
    subjects = Subjects(registry_of(project.folder), clock, settings.registry.policy, names)
    with contextlib.closing(Workers()) as workers, contextlib.closing(keeper):
        contracts = ContractsApi(project.folder, clock, access, workers, API)
        yield {
            SCHEMAS: SchemaRegistry(subjects, access, workers, SCHEMAS),
            API: guarded(ProjectApi(backbone, keeper, contracts, API), origins),
            DOCS: _pages(backbone, place.host),
            ROOM: guarded(_control_room(backbone, keeper, place), origins),
        }


def shown(project: Project, place: Place) -> str:
    """Return where the door shows the documentation to everybody who can send; empty where it does not."""
    return DOCS if readers_of(project.settings.listen.docs, place.host) == "everybody" else ""


def _control_room(backbone: Backbone, keeper: Keeper, place: Place) -> Application:
    """Return the control room, loaded when somebody first goes there: no page may ever be asked for."""

    def made() -> Application:
        from trunkline.surfaces.dashboard.room import Room  # noqa: PLC0415  as above

        docs = readers_of(backbone.project.settings.listen.docs, place.host)
        return Room(backbone, keeper, LogIn(backbone, keeper, tls=place.tls is not None), docs)

    room = functools.cache(made)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await room()(scope, receive, send)

    return answer


def _pages(backbone: Backbone, host: str) -> Pages:
    """Return the project's documentation, made when somebody asks for it."""
    project = backbone.project

    def make() -> Site:
        from trunkline.app.docs.releases import documented  # noqa: PLC0415  no page may ever be asked for
        from trunkline.surfaces.docs.site import Site  # noqa: PLC0415  as above

        return Site(documented(project))

    return Pages(make, readers_of(project.settings.listen.docs, host), backbone.machine.ids)
