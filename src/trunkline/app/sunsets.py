"""Contract versions on their way out, while a project runs: who uses them is told, and at the end refused.

The registry is read at the start and again, within a minute, when a journal has changed: a version that is
deprecated, a sunset that is moved and a deprecation that is taken back hold without a restart. At its sunset
a version is told of once; from then on its sources take nothing, and what was taken before is delivered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from trunkline.app.backbone import Backbone
from trunkline.app.versions import registry_of, users_of
from trunkline.contracts.contract import Contract
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import Subject, Version
from trunkline.intake.notice import Ending, Notice
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import ProjectError, StoreError
from trunkline.kernel.signals import ContractDeprecated, ContractEnded, Signal

LOOK_SECONDS = 60.0
"""How often it is looked whether a journal has changed."""

Stamp = tuple[int, int, int]


class Sunsets:
    """Keeps the ``notices`` of sources, by name, as the registry has it; ``look`` first.

    ``pages`` is where everybody can read the documentation, such as ``/docs``; empty where they cannot.
    """

    def __init__(self, backbone: Backbone, pages: str = "") -> None:
        self.notices = {name: Notice() for name in backbone.project.sources}
        self._project = backbone.project
        self._clock = backbone.machine.clock
        self._signals = backbone.machine.signals
        self._pages = pages
        self._registry = registry_of(backbone.project.folder)
        self._read: dict[str, tuple[Stamp | None, Subject]] = {}
        self._endings: dict[str, Ending] = {}
        self._told: set[Signal] = set()

    @property
    def endings(self) -> Mapping[str, Ending]:
        """Which versions in the project's files end, by stream, as of the latest look."""
        return self._endings

    async def watch(self) -> None:
        """Look for ever, at the latest at the next sunset."""
        while True:
            now = self._clock.now()
            ahead = [(one.sunset - now) / SECOND for one in self._endings.values() if one.sunset > now]
            await self._clock.sleep(min([LOOK_SECONDS, *ahead]))
            await self.look()

    async def look(self) -> None:
        """Read what has changed, and tell whom it concerns."""
        await asyncio.to_thread(self._read_again)
        now = self._clock.now()
        self._endings = {}
        for contract in self._project.contracts.values():
            ending = self._ending(contract)
            if ending is not None:
                self._endings[contract.stream] = ending
                self._tell(contract, ending, over=ending.sunset <= now)
        for name, source in self._project.sources.items():
            ending = self._endings.get(source.given.stream) or self._endings.get(source.contract.stream)
            notice, over = self.notices[name], ending is not None and ending.sunset <= now
            if (notice.ending, notice.over) != (ending, over):
                notice.change(ending, over=over)

    def _tell(self, contract: Contract, ending: Ending, *, over: bool) -> None:
        """Say once of a version in use that it ends, and once that it has."""
        used_by = ", ".join(users_of(self._project, contract))
        signal: Signal = ContractDeprecated(ending.version, ending.sunset, used_by)
        if over:
            signal = ContractEnded(ending.version, ending.sunset, used_by, ending.successor)
        if used_by and signal not in self._told:
            self._told.add(signal)
            self._signals.emit(signal)

    def _ending(self, contract: Contract) -> Ending | None:
        _, subject = self._read.get(contract.name, (None, Subject(contract.name)))
        return ending_of(
            contract, subject, f"{self._pages}/contracts/{contract.stream}.html" if self._pages else ""
        )

    def _read_again(self) -> None:
        """Read the journals that have changed; one that cannot be read now counts as it was."""
        for name in {contract.name for contract in self._project.contracts.values()}:
            stamp = self._stamp(name)
            known = self._read.get(name)
            if stamp is None or (known is not None and known[0] == stamp):
                continue
            try:
                self._read[name] = (stamp, self._registry.read(name))
            except (ProjectError, StoreError):
                continue  # a checkout may be under way; a damaged journal is told of by check

    def _stamp(self, name: str) -> Stamp | None:
        try:
            found = self._registry.file(name).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def ending_of(contract: Contract, subject: Subject, page: str = "") -> Ending | None:
    """Return how the version that a contract's file is at ends, as its subject stands, if it does."""
    version = subject.find(semver(contract.version))
    if version is None or version.state != "deprecated" or version.sunset is None:
        return None
    return Ending(version.ref, version.since, version.sunset, _successor(subject, version), page)


def _successor(subject: Subject, version: Version) -> str:
    """Return the highest active version after one, empty without."""
    later = [one for one in subject.versions if one.state == "active" and version.semantic < one.semantic]
    return max(later, key=lambda one: one.semantic).ref if later else ""
