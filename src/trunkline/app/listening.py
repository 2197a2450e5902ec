"""What ``listen`` in ``trunkline.yaml`` says, as documented structs: where the HTTP door is, and for whom."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.app.settings import Name, Settings
from trunkline.contracts.compat.difference import Policy
from trunkline.vault.keyring import IDLE_SECONDS, LONGEST_SECONDS
from trunkline.vault.secret import SecretReference


class RegistryAccess(Settings, frozen=True):
    """Who may read and write the registry over HTTP, and by which policy bare schemas are compared."""

    read: bool | None = None
    """Whether who asks needs no credentials to read; without it on a loopback address, to who asks there."""

    writers: dict[Name, SecretReference] = msgspec.field(default_factory=dict)
    """Who may write, and read as well: each name with its secret; the name is kept with what it did."""

    policy: Policy = "confluent"
    """How bare schemas are compared with those before them."""


class Tls(Settings, frozen=True):
    """What the HTTP door proves itself with."""

    certificate: str
    """A PEM file with the certificate and those above it, within the project folder or absolute."""

    key: str
    """A PEM file with its private key, without a passphrase."""


class Sessions(Settings, frozen=True):
    """How long somebody who logged in to the control room stays so."""

    idle_seconds: Annotated[int, msgspec.Meta(ge=60, le=86_400)] = IDLE_SECONDS
    """A session ends when nothing was asked in it for so long."""

    longest_seconds: Annotated[int, msgspec.Meta(ge=60, le=604_800)] = LONGEST_SECONDS
    """A session ends so long after it began, whatever is asked in it."""


class Listen(Settings, frozen=True):
    """Where the HTTP door listens."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for every one this machine has."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    """The port to listen on; 0 for any free one."""

    tls: Tls | None = None
    """The certificate of the door: it then speaks HTTPS only."""

    plain: bool = False
    """Whether an address that others reach may be listened on without TLS, as behind a proxy that has it."""

    hosts: list[str] = msgspec.field(default_factory=list)
    """By which names, besides those of the address, pages and API may be asked for, as a proxy passes on."""

    docs: bool | None = None
    """Whether the door shows the project's documentation under ``/docs``; without it on a loopback address,
    to who asks there."""

    metrics: bool | None = None
    """Whether the door shows ``/metrics``, and the parts of ``/ready``; without it on a loopback address, to
    who asks there."""

    sessions: Sessions = msgspec.field(default_factory=Sessions)
    """How long somebody who logged in stays so."""

    registry: RegistryAccess = msgspec.field(default_factory=RegistryAccess)
    """The registry under ``/registry`` and ``/api/v1``."""
