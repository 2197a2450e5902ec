"""Who may read and who may write at the door, for what is not a webhook: documentation, registry, contracts.

Reading is open by default to this machine alone: to who asks a door on a loopback address by such a name and
came without a proxy. Writing is for those who are named, each with a secret.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from typing import Literal, TypeAlias

from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.identity import Doorkeeper
from trunkline.vault.secret import Secret

Readers: TypeAlias = Literal["nobody", "local", "everybody"]
"""Who may read: ``local`` is who asks this machine by a loopback name, without a proxy."""

Headers: TypeAlias = Mapping[bytes, bytes]

_FORWARDED = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")
_BROWSER = (b"origin", b"sec-fetch-site")


def readers_of(setting: bool | None, host: str) -> Readers:  # noqa: FBT001  a setting, yes, no or unsaid
    """Tell who may read at a door that listens on ``host``."""
    if setting is None:
        return "local" if is_loopback(host) else "nobody"
    return "everybody" if setting else "nobody"


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is this machine's own; a name is not looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def admits(readers: Readers, headers: Headers) -> bool:
    """Tell whether who sends these headers may read."""
    if readers != "local":
        return readers == "everybody"
    came_by_proxy = any(name in headers for name in _FORWARDED)
    return not came_by_proxy and is_loopback(host_of(headers))


def host_of(headers: Headers) -> str:
    """Return what ``Host`` names, if it is there: without its port, an IPv6 address without brackets."""
    header = headers.get(b"host", b"").decode("latin-1")
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


class Denied(TrunklineError):
    """Who asks may not: 401 where credentials help, 403 where they do not, 421 by a wrong name."""

    def __init__(self, status: Literal[401, 403, 421], message: str) -> None:
        super().__init__(message)
        self.status = status


class Access:
    """Tells who sends a request and whether they may. ``writers`` are secrets by the names of who has them.

    A writer says name and secret (HTTP Basic), or the secret alone (Bearer). Writers may read as well, and
    who has the token of an administrator, whom the ``doorkeeper`` knows, may do the same. Wrong credentials
    are refused wherever they are sent. No page of a browser writes: a browser would send by itself what its
    user once typed in, and it says of itself where the page is from. ``setting`` is the key of
    ``trunkline.yaml`` that says who may, for messages.
    """

    def __init__(
        self,
        readers: Readers,
        writers: Mapping[str, Secret],
        setting: str,
        doorkeeper: Doorkeeper | None = None,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._readers, self._setting = readers, setting
        self._writers = dict(writers)
        for name, secret in self._writers.items():
            if secret == Secret(""):
                raise TrunklineError(f"{setting}.writers: the secret of {name} is empty")
            if any(secret == other for known, other in self._writers.items() if known < name):
                raise TrunklineError(
                    f"{setting}.writers: {name} has the secret of another: who acts is not told"
                )

    def reader(self, headers: Headers) -> str:
        """Return the name of who asks, empty where none is needed; raises ``Denied`` for who may not read."""
        if b"authorization" in headers:
            return self._named(headers)
        if not admits(self._readers, headers):
            if self._writers:
                raise Denied(401, "say who you are")
            what = f"{self._setting}.read or {self._setting}.writers"
            raise Denied(403, f"nobody but this machine itself may read here: see {what} in trunkline.yaml")
        return ""

    def writer(self, headers: Headers) -> str:
        """Return the name of who asks; raises ``Denied`` for who may not write."""
        if any(name in headers for name in _BROWSER):
            raise Denied(403, "a page of a browser may not write here")
        if b"authorization" in headers:
            return self._named(headers)
        if self._writers:
            raise Denied(401, "say who you are")
        raise Denied(403, f"nobody may write here: name who may in {self._setting}.writers of trunkline.yaml")

    def _named(self, headers: Headers) -> str:
        """Return whose credentials a header has; every secret is compared, and each in constant time."""
        principal = self._doorkeeper.bearer(headers) if self._doorkeeper else None
        if principal and "act" in principal.may:
            return principal.name
        name, given = _credentials(headers[b"authorization"])
        found = [
            writer
            for writer, secret in self._writers.items()
            if (secret == given) & (name is None or name == writer)
        ]
        if not found:
            raise Denied(401, "these are nobody's credentials")
        return found[0]


def _credentials(header: bytes) -> tuple[str | None, Secret]:
    """Return the name, None where there is none, and the secret of an ``Authorization`` header."""
    scheme, _, given = header.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return None, Secret(given.strip().decode("utf-8", "replace"))
    try:
        text = base64.b64decode(given.strip() if scheme.lower() == b"basic" else b"", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, _, secret = text.partition(":")
    return name, Secret(secret)
