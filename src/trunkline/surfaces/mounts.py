"""What the door of a running project mounts beside its webhooks: its pages, its contracts, its registry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trunkline.app.backbone import Machine, secrets_of
from trunkline.app.project import Project
from trunkline.app.versions import registry_of
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.surfaces.access import Access, readers_of
from trunkline.surfaces.docs.mount import DOCS, Pages
from trunkline.surfaces.door import Application
from trunkline.surfaces.rest.application import ContractsApi
from trunkline.surfaces.schemas import SchemaRegistry
from trunkline.surfaces.workers import Workers

if TYPE_CHECKING:
    from trunkline.surfaces.docs.site import Site

SCHEMAS = "/registry"
"""Where Kafka's clients find the registry."""
API = "/api/v1"
"""Where contracts are asked about and registered."""


@contextlib.contextmanager
def mounted(project: Project, machine: Machine, host: str) -> Iterator[Mapping[str, Application]]:
    """Give the applications of a door that listens on ``host``, by path; at the end they begin nothing more.

    Raises ``SecretUnavailable`` where a writer has no secret.
    """
    settings, secrets = project.settings.listen.registry, secrets_of(project, machine.environ)
    writers = {name: secrets.get(reference) for name, reference in settings.writers.items()}
    access = Access(readers_of(settings.read, host), writers, "listen.registry")
    names = {one.name for one in project.contracts.values()}
    subjects = Subjects(registry_of(project.folder), machine.clock, settings.policy, names)
    with contextlib.closing(Workers()) as workers:
        yield {
            SCHEMAS: SchemaRegistry(subjects, access, workers, SCHEMAS),
            API: ContractsApi(project.folder, machine.clock, access, workers, API),
            DOCS: _pages(project, machine, host),
        }


def _pages(project: Project, machine: Machine, host: str) -> Pages:
    """Return the project's documentation, made when somebody asks for it."""

    def make() -> Site:
        from trunkline.app.docs.releases import documented  # noqa: PLC0415  no page may ever be asked for
        from trunkline.surfaces.docs.site import Site  # noqa: PLC0415  as above

        return Site(documented(project))

    return Pages(make, readers_of(project.settings.listen.docs, host), machine.ids)
