"""The registered versions of each contract as its changelog: what every one changed, by whom and why."""

from __future__ import annotations

from collections.abc import Iterator

from trunkline.app.docs.join import joined
from trunkline.app.docs.model import ProjectDocs, Release
from trunkline.app.project import Project
from trunkline.app.versions import registry_of
from trunkline.contracts.contract import Contract
from trunkline.contracts.registry.content import shape_of_version
from trunkline.contracts.registry.rules import difference
from trunkline.contracts.registry.version import Subject
from trunkline.kernel.clock import to_rfc3339


def documented(project: Project) -> ProjectDocs:
    """Return what there is to say of a project, with what its registry says of earlier versions.

    Raises ``ProjectError`` for a journal that is damaged.
    """
    registry = registry_of(project.folder)
    known = set(registry.names())
    subjects = {one.name: registry.read(one.name) for one in project.contracts.values() if one.name in known}
    releases = {
        one.stream: list(_releases(subjects[one.name], one))
        for one in project.contracts.values()
        if one.name in known and subjects[one.name].is_contract
    }
    return joined(project, releases)


def _releases(subject: Subject, contract: Contract) -> Iterator[Release]:
    """Yield the versions of a contract's stream, the latest first, each held against the one before."""
    major = int(contract.stream.rpartition("@")[2])
    versions = sorted(subject.of_major(major), key=lambda one: one.semantic)
    shapes = [shape_of_version(one) for one in versions]
    for index in reversed(range(len(versions))):
        one = versions[index]
        policy = contract.promise.policy
        changed = difference(shapes[index - 1], shapes[index], policy) if index else None
        yield Release(one.version, to_rfc3339(one.at), one.author, one.reason, one.state, changed)
