"""Where a door listens, and whether it may: for this machine, or for others by TLS or where it is said."""

from __future__ import annotations

import ssl

import msgspec

from trunkline.app.project import Project
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.access import is_loopback


class Place(msgspec.Struct, frozen=True):
    """The address, by TLS with ``tls``; ``plain`` takes it on oneself that others are let in without."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    plain: bool = False

    def __post_init__(self) -> None:
        if not (self.tls or self.plain or is_loopback(self.host)):
            raise UsageError(
                f"{self.host} is reached by others, who could read tokens and records on their way: give a "
                "certificate in listen.tls of trunkline.yaml, or, where a proxy before it has one, say "
                "listen.plain: true or --insecure-plain"
            )


def place_of(project: Project, host: str = "", port: int | None = None, *, plain: bool = False) -> Place:
    """Return where a project's door listens; what is given goes before what its file says.

    Raises ``UsageError`` where others would be let in without TLS, or the certificate cannot be used.
    """
    listen = project.settings.listen
    where, which = host or listen.host, listen.port if port is None else port
    return Place(where, which, _tls(project), plain or listen.plain)


def _tls(project: Project) -> ssl.SSLContext | None:
    given = project.settings.listen.tls
    if given is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # TLS 1.2 and later
    try:
        context.load_cert_chain(project.path(given.certificate), project.path(given.key), _no_passphrase)
    except ssl.SSLError as error:
        why = (error.reason or "it is not PEM").lower().replace("_", " ")
        raise UsageError(f"listen.tls: certificate and key cannot be used together: {why}") from None
    except OSError as error:
        raise UsageError(f"listen.tls: a file cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"listen.tls: {error}") from None
    return context


def _no_passphrase() -> str:
    """Stand where the library would ask at the terminal."""
    raise ValueError(
        "the key has a passphrase: give one without, which only the user of this process may read"
    )
