"""Whether a request comes from whom it says: one table of how senders prove it.

The webhook endpoint calls ``Verifier.check`` with the bytes as they arrived, before anything is
decoded. A sender's scheme is a row of ``SCHEMES``, not a class: which header carries the proof, how it
is written, and what text is signed. Several secrets may be active, so that one is rotated without an
outage. Every comparison takes the same time whether it fails early or late.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import RefusedError
from trunkline.kernel.faults import did_you_mean
from trunkline.vault.secret import REFERENCE, Secret, Secrets

Encoding: TypeAlias = Literal["hex", "base64", "text"]
Headers: TypeAlias = Mapping[bytes, bytes]

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may lie from our clock, either way, unless the settings say otherwise."""

Prover: TypeAlias = Callable[[bytes], bytes]

_WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "hex": lambda raw: raw.hex().encode(),
    "base64": base64.b64encode,
    "text": bytes,
}
_MOST_PROOFS = 16
_MOST_DIGITS = 12
_PARTS = ("id", "timestamp", "body")


class Scheme(msgspec.Struct, frozen=True):
    """How one kind of sender proves itself.

    ``header`` (lower case) carries the proofs, each after ``prefix``, several parted by ``separator``.
    A proof is the HMAC by ``algorithm`` of ``signed`` with its ``{...}`` parts filled in, written in
    ``encoding``; where ``signed`` is empty it is the secret itself. ``timestamp`` names the header of
    the signed time in seconds and the prefix it has there; ``id`` the header of the signed id. ``key``
    says whether the secret is a text or base64 (after ``whsec_`` if it has that). ``challenge`` is the
    ``WWW-Authenticate`` that RFC 9110 section 15.5.2 asks of an answer 401.
    """

    header: bytes
    prefix: bytes = b""
    encoding: Encoding = "hex"
    signed: str = "{body}"
    separator: bytes = b","
    timestamp: tuple[bytes, bytes] | None = None
    id: bytes = b""
    key: Literal["text", "base64"] = "text"
    algorithm: str = "sha256"
    challenge: bytes = b'Signature realm="webhook"'


SCHEMES: dict[str, Scheme] = {
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    "standard_webhooks": Scheme(
        header=b"webhook-signature",
        prefix=b"v1,",
        encoding="base64",
        signed="{id}.{timestamp}.{body}",
        separator=b" ",
        timestamp=(b"webhook-timestamp", b""),
        id=b"webhook-id",
        key="base64",
    ),
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    "github": Scheme(header=b"x-hub-signature-256", prefix=b"sha256="),
    # https://docs.stripe.com/webhooks#verify-manually
    "stripe": Scheme(
        header=b"stripe-signature",
        prefix=b"v1=",
        signed="{timestamp}.{body}",
        timestamp=(b"stripe-signature", b"t="),
    ),
    # https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    "shopify": Scheme(header=b"x-shopify-hmac-sha256", encoding="base64"),
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    "slack": Scheme(
        header=b"x-slack-signature",
        prefix=b"v0=",
        signed="v0:{timestamp}:{body}",
        timestamp=(b"x-slack-request-timestamp", b""),
    ),
    # RFC 6750 and RFC 7617: the secret itself; that of basic is user:password
    "bearer": Scheme(
        header=b"authorization",
        prefix=b"Bearer ",
        encoding="text",
        signed="",
        challenge=b'Bearer realm="webhook"',
    ),
    "basic": Scheme(
        header=b"authorization",
        prefix=b"Basic ",
        encoding="base64",
        signed="",
        challenge=b'Basic realm="webhook", charset="UTF-8"',
    ),
}


class Verifier:
    """One webhook's scheme with the secrets that are active now."""

    def __init__(self, scheme: Scheme, secrets: Sequence[Secret], tolerance_seconds: float) -> None:
        """Raise ``ValueError`` where a secret is not of the form the scheme asks for."""
        self.scheme = scheme
        self._tolerance = round(tolerance_seconds * SECOND)
        self._signed = _template(scheme.signed)
        self._provers = [_prover(scheme, _key(scheme, secret)) for secret in secrets]

    def check(self, headers: Headers, body: bytes, now: int) -> None:
        """Return where a proof is right by an active secret at ``now``; else raise ``RefusedError`` 401."""
        scheme = self.scheme
        sent = headers.get(scheme.header)
        if sent is None:
            raise _unproven(f"the request has no header {_name(scheme.header)}")
        parts = {b"body": body}
        if scheme.timestamp is not None:
            parts[b"timestamp"] = self._timestamp(headers, *scheme.timestamp, now=now)
        if scheme.id:
            parts[b"id"] = headers.get(scheme.id, b"")
        text = self._signed % parts
        proofs = _after_prefix(sent, scheme.prefix, scheme.separator)[:_MOST_PROOFS]
        right = False
        for prove in self._provers:
            expected = prove(text)
            for proof in proofs:
                right |= hmac.compare_digest(expected, proof)
        if not right:
            raise _unproven(
                f"nothing in {_name(scheme.header)} is right for this body by any active secret: "
                "sign the bytes as they are sent, with the secret configured here"
            )

    def _timestamp(self, headers: Headers, header: bytes, prefix: bytes, *, now: int) -> bytes:
        sent = _after_prefix(headers.get(header, b""), prefix, b",")
        if not sent or not sent[0].isdigit() or len(sent[0]) > _MOST_DIGITS:
            raise _unproven(f"{_name(header)} carries no timestamp in seconds since 1970")
        if abs(now - int(sent[0]) * SECOND) > self._tolerance:
            raise _unproven(
                f"the signed timestamp is more than {self._tolerance // SECOND} seconds from our clock: "
                "send a fresh signature, and check the clocks of both machines"
            )
        return sent[0]


def _template(signed: str) -> bytes:
    """Return the signed text as a template for ``%`` with its parts by name."""
    return b"".join(
        plain.encode().replace(b"%", b"%%") + (b"%%(%b)b" % part.encode() if part else b"")
        for plain, part, _, _ in string.Formatter().parse(signed)
    )


def _prover(scheme: Scheme, key: bytes) -> Prover:
    """Return what makes the proof of a text: the key goes into the hash once, not for every request."""
    write = _WRITERS[scheme.encoding]
    if not scheme.signed:
        proof = write(key)
        return lambda _text: proof
    keyed = hmac.new(key, digestmod=scheme.algorithm)

    def prove(text: bytes) -> bytes:
        made = keyed.copy()
        made.update(text)
        return write(made.digest())

    return prove


def _key(scheme: Scheme, secret: Secret) -> bytes:
    text = secret.reveal()
    if not text:
        raise ValueError("the secret is empty: an empty secret proves nothing")
    if scheme.key == "text":
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not base64, with or without whsec_ before it") from None


def _after_prefix(value: bytes, prefix: bytes, separator: bytes) -> list[bytes]:
    if value.startswith(prefix) and value.find(separator, len(prefix)) < 0:
        return [value[len(prefix) :]]  # one, exactly as documented: nearly every request
    # by the prefix's length and not by removeprefix: the word Bearer comes in any case of letters
    wanted = prefix.lower()
    parts = [part.strip() for part in value.split(separator)]
    return [part[len(prefix) :] for part in parts if part[: len(prefix)].lower() == wanted]


def _unproven(detail: str) -> RefusedError:
    return RefusedError(401, "Signature not valid", detail)


def _name(header: bytes) -> str:
    return header.decode("ascii").title()


class VerifyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The long form of a scheme's settings: ``verify: {github: {secret: [..., ...]}}``."""

    secret: str | list[str]
    """A reference ``secret://system/name``, or a list of those that are active during a rotation."""

    tolerance_seconds: float = TOLERANCE_SECONDS
    """How far the signed timestamp may lie from our clock, either way; only for schemes that sign one."""

    header: str = ""
    """Only ``hmac``: the header that carries the signature, such as ``X-Signature``."""

    prefix: str = ""
    """Only ``hmac``: what stands before the signature in that header, such as ``sha256=``."""

    encoding: Literal["hex", "base64"] = "hex"
    """Only ``hmac``: how the signature is written."""

    algorithm: Literal["sha256", "sha384", "sha512", "sha1"] = "sha256"
    """Only ``hmac``: the hash; ``sha1`` is there for old senders."""

    signed: str = "{body}"
    """Only ``hmac``: the text that is signed, of ``{body}``, ``{timestamp}``, ``{id}`` and plain text."""

    timestamp_header: str = ""
    """Only ``hmac``: the header of the time in seconds that ``{timestamp}`` stands for."""

    id_header: str = ""
    """Only ``hmac``: the header that ``{id}`` stands for."""


class Proof(msgspec.Struct, frozen=True):
    """What ``verify:`` asks for, before any secret is looked up."""

    scheme: Scheme
    references: Sequence[str]
    tolerance_seconds: float


def build(verify: str | Mapping[str, Any], secrets: Secrets) -> Verifier | None:
    """Make the verifier that ``verify:`` of a webhook asks for; None where it says ``none``.

    Raises ``ValueError`` for settings that make no sense and ``SecretUnavailable`` for a reference that
    resolves to nothing.
    """
    proof = read(verify)
    if proof is None:
        return None
    return Verifier(
        proof.scheme, [secrets.get(reference) for reference in proof.references], proof.tolerance_seconds
    )


def read(verify: str | Mapping[str, Any]) -> Proof | None:
    """Read ``verify:`` without its secrets; raises ``ValueError`` for settings that make no sense."""
    if verify == "none":
        return None
    if isinstance(verify, str) or len(verify) != 1:
        raise ValueError(f"verify needs one of {', '.join(_known())} with its secret, or the word none")
    [(name, given)] = verify.items()
    if name not in _known():
        raise ValueError(
            f"unknown scheme {name!r}: one of {', '.join(_known())}. {did_you_mean(name, _known())}"
        )
    options = _options(given)
    _only_for_hmac(name, options)
    references = [options.secret] if isinstance(options.secret, str) else options.secret
    scheme = _own_scheme(options) if name == "hmac" else SCHEMES[name]
    return Proof(scheme, references, options.tolerance_seconds)


def _known() -> list[str]:
    return [*SCHEMES, "hmac"]


def _options(given: Any) -> VerifyOptions:
    long_form = given if isinstance(given, Mapping) else {"secret": given}
    try:
        options = msgspec.convert(long_form, VerifyOptions)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    references = [options.secret] if isinstance(options.secret, str) else options.secret
    # a credential written into the file is not repeated in the message
    if not references or not all(REFERENCE.match(reference) for reference in references):
        raise ValueError("a secret is given by reference only, as secret://system/name")
    return options


def _only_for_hmac(name: str, options: VerifyOptions) -> None:
    allowed = {"secret", "tolerance_seconds"}
    extra = [
        field.name
        for field in msgspec.structs.fields(options)
        if field.name not in allowed and getattr(options, field.name) != field.default
    ]
    if name != "hmac" and extra:
        raise ValueError(f"{', '.join(extra)}: only for hmac; {name} has these fixed")


def _own_scheme(options: VerifyOptions) -> Scheme:
    if not options.header:
        raise ValueError("hmac needs header: the header that carries the signature")
    used = {part for _, part, _, _ in string.Formatter().parse(options.signed) if part is not None}
    if "body" not in used or used - set(_PARTS):
        raise ValueError("signed is made of {body}, {timestamp}, {id} and plain text, and needs {body}")
    for part, header in (("timestamp", options.timestamp_header), ("id", options.id_header)):
        if (part in used) != bool(header):
            raise ValueError(f"signed with {{{part}}} and {part}_header need each other")
    return Scheme(
        header=_header(options.header),
        prefix=options.prefix.encode(),
        encoding=options.encoding,
        signed=options.signed,
        timestamp=(_header(options.timestamp_header), b"") if options.timestamp_header else None,
        id=_header(options.id_header),
        algorithm=options.algorithm,
    )


def _header(name: str) -> bytes:
    return name.lower().encode("ascii", "replace")
