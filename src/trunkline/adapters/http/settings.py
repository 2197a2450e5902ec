"""What a user writes for an HTTP target: the system's ``connection`` and an entry of ``accepts``.

The composition root reads both with ``msgspec.convert``; a value that cannot be used is a ``ValueError``
there, which becomes a fault at its place. Credentials are references; they are resolved on ``open``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from trunkline.adapters.http.request import compile_body, compile_request
from trunkline.vault.secret import SecretReference

_TOKEN = re.compile(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")
_LABEL_LETTERS = 63
_OURS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "host",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "transfer-encoding",
    }
)


class Basic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user name and a password (RFC 7617)."""

    username: str
    password: SecretReference


class HeaderCredential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credential in a header of its own, such as ``X-Api-Key``."""

    name: str
    value: SecretReference

    def __post_init__(self) -> None:
        if not _TOKEN.match(self.name) or self.name.lower() in _OURS - {"authorization"}:
            raise ValueError("the name of the header for the credential cannot be used")


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How we say who we are: one of ``bearer`` (RFC 6750), ``basic`` and ``header``, or nothing."""

    bearer: SecretReference | None = None
    basic: Basic | None = None
    header: HeaderCredential | None = None

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.bearer, self.basic, self.header)) > 1:
            raise ValueError("auth takes one of bearer, basic and header")


class HttpConnection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a system is, for every HTTP target of it."""

    url: str
    """Scheme, host, and port and leading path where it has them: ``https://shop.example.com/v1``."""

    auth: Auth = Auth()
    """The credential that every request carries."""

    verify_tls: bool = True
    """Whether the server's certificate is checked; turn it off on a closed test network only."""

    ca_file: str = ""
    """A PEM file of authorities to trust instead of the machine's, for a private authority."""

    openapi: str = ""
    """The OpenAPI file that the system publishes, in the project folder: what ``contract test`` reads."""

    def __post_init__(self) -> None:
        problem = _url_problem(self.url)
        if problem:
            raise ValueError(f"url {problem}, expected something like https://shop.example.com")
        if "://" in self.openapi or self.openapi.startswith("/") or ".." in self.openapi.split("/"):
            raise ValueError("openapi: expected a file of the project folder, such as openapi/shop.yaml")


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One endpoint that takes one record a request."""

    request: str
    """Method and path, ``PUT /api/stock/{sku}?site={site}``: each ``{path}`` is a field of the record."""

    body: Literal["record", "none"] | dict[str, Any] = "record"
    """What is sent as JSON: the whole record, nothing, or an object of field: expression."""

    headers: dict[str, str] = {}
    """Headers that every request carries besides our own."""

    timeout_seconds: float = 30.0
    """The longest one request takes, from connecting to the last byte of the answer."""

    concurrency: int = 8
    """The most requests under way at a time; those of one entity key are never under way together."""

    idempotent: bool | None = None
    """Whether a repeated request has no further effect. Without it the method says so: ``PUT`` and ``DELETE``
    are idempotent (RFC 9110 section 9.2.2), ``POST`` and ``PATCH`` are where the endpoint honours the key."""

    def __post_init__(self) -> None:
        compile_request(self.request)
        compile_body(self.body)
        for name, value in self.headers.items():
            if not _TOKEN.match(name) or name.lower() in _OURS:
                raise ValueError(f"the header {name!r} cannot be set here")
            if not value.isascii() or not value.isprintable():
                raise ValueError(f"the value of header {name!r} must be printable ASCII")
        if not 0 < self.timeout_seconds <= 3_600:  # noqa: PLR2004  an hour
            raise ValueError("timeout_seconds must be above 0 and at most 3600")
        if not 1 <= self.concurrency <= 1_000:  # noqa: PLR2004  beyond, file descriptors run out
            raise ValueError("concurrency must be from 1 to 1000")


def _url_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not valid"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "needs http or https and a host"
    if parts.username is not None or parts.password is not None:
        return "carries a credential; write it under auth as a secret reference"
    if parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        return "has a query, a fragment or a character that belongs in no URL"
    return "" if _is_host(parts.hostname) else "has a host that is no name and no address"


def _is_host(host: str) -> bool:
    """Tell whether a host can be looked up (RFC 1035 section 2.3.4); what ends in a number is an address."""
    labels = host.removesuffix(".").split(".")
    if not labels[-1].isdigit():
        return all(0 < len(label) <= _LABEL_LETTERS for label in labels)
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return False
