"""How old secrets are: since when each value has been the same, and the limit that a project sets.

The process that looks for alerts reads the values and writes down what is known of them (``SecretWatch``);
command line, API and metrics tell what is written and read no secret. The administrator's token is told
beside them, as its keyring knows when it was made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from trunkline.adapters.keyfile.ages import AgesFile
from trunkline.app.backbone import Backbone
from trunkline.app.project import Project
from trunkline.app.quantities import seconds_of
from trunkline.app.tokens import keyring_of
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.age import KnownValue, known

ADMIN_TOKEN = "trunkline/admin-token"  # noqa: S105  a name
"""What the administrator's token is called beside the secrets, which are called ``system/name``."""

SECRET_URL = "secret://"  # noqa: S105  as above

_FILE = "secret-ages.json"
_AGAIN_SECONDS = 600
"""After so long it is tried again to read what could not be read."""


class SecretAge(msgspec.Struct, frozen=True):
    """A secret: ``system/name``, since when it has been the same at least, and where the project names it.

    ``since`` and ``age_seconds`` are None where nobody has read its value yet. ``old`` says that it is beyond
    ``secrets.longest``.
    """

    secret: str
    since: str | None
    age_seconds: float | None
    old: bool
    used_in: list[str]


class SecretWatch:
    """Reads the values of a project's secrets, and writes down which is new or another one."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._file = _file_of(backbone.project)
        self._read: tuple[int | None, int] | None = None
        self._since: dict[str, int] = {}

    def look(self) -> Mapping[str, int]:
        """Return since when each secret that can be read has been the same, by ``system/name``.

        Times are microseconds. Values are read where the file of secrets was written since the last look:
        those of the environment stay what they are. Raises ``SecretUnavailable`` where it cannot be written.
        """
        secrets, now = self._backbone.secrets, self._backbone.machine.clock.now()
        references = self._backbone.project.references
        if self._read is None or self._read[0] != secrets.written() or now >= self._read[1]:
            written = secrets.written()
            found = self._found(references, now)
            missed = len(found) < len(references)
            self._read = (written, now + _AGAIN_SECONDS * SECOND if missed else _NEVER)
            self._since = {_name(one): value.since for one, value in found.items()}
        return {**self._since, **_of_token(self._backbone, now)}

    def _found(self, references: Mapping[str, object], now: int) -> dict[str, KnownValue]:
        before = self._file.read()
        found: dict[str, KnownValue] = {}
        for one in references:
            try:
                held = self._backbone.secrets.found(one)
            except SecretUnavailable:
                continue  # whoever needs it says so
            mark = self._backbone.fingerprint(f"{one}\0{held.secret.reveal()}".encode()).hex()
            found[one] = known(before.get(one), mark, now, held.written)
        # what cannot be read now keeps its age; what the project names no more is forgotten
        after = {one: value for one, value in {**before, **found}.items() if one in references}
        if after != before:
            self._file.write(after)
        return found


_NEVER = 2**63


async def secret_ages(backbone: Backbone) -> list[SecretAge]:
    """Return how old each secret is that the project names, the oldest first, by what is written down."""
    return await asyncio.to_thread(_ages, backbone)


def _ages(backbone: Backbone) -> list[SecretAge]:
    project, now = backbone.project, backbone.machine.clock.now()
    written = _file_of(project).read()
    since = {_name(one): written[one].since if one in written else None for one in project.references}
    users = {_name(one): list(files) for one, files in project.references.items()}
    longest = seconds_of(project.settings.secrets.longest)
    found = [
        _age(name, at, now, longest, users.get(name, []))
        for name, at in {**since, **_of_token(backbone, now)}.items()
    ]
    return sorted(found, key=lambda one: (-(one.age_seconds or 0), one.secret))


def _age(name: str, since: int | None, now: int, longest: float, users: list[str]) -> SecretAge:
    if since is None:
        return SecretAge(name, None, None, old=False, used_in=users)
    seconds = (now - since) / SECOND
    return SecretAge(name, to_rfc3339(since), seconds, seconds > longest, users)


def _of_token(backbone: Backbone, now: int) -> dict[str, int]:
    """Return since when the administrator's token is taken, if there is one: the newest; others end."""
    kept = keyring_of(backbone.project).read().kept(now)
    return {ADMIN_TOKEN: kept.tokens[0].made_at} if kept.tokens else {}


def _name(reference: str) -> str:
    return reference.removeprefix(SECRET_URL)


def _file_of(project: Project) -> AgesFile:
    return AgesFile(project.state / _FILE)
