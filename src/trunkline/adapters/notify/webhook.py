"""Messages as signed webhooks, as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: ``webhook-id`` is
the same on every attempt, ``webhook-timestamp`` is that of the attempt, and ``webhook-signature`` is the HMAC
(SHA-256) of both and the body, as it is sent. Who repeats an attempt, and when, is decided by the caller.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import aiohttp

from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.errors import Final, Retryable
from trunkline.observe.alerts.channel import Letter
from trunkline.vault.secret import Secret, Secrets

TIMEOUT_SECONDS = 15.0
_GONE = 410
_SUCCESS = range(200, 300)


class SignedWebhook:
    """Posts letters to the address that one secret holds, signed by the key that another holds."""

    def __init__(self, url: str, key: str, secrets: Secrets, clock: Clock) -> None:
        self._url, self._key = url, key
        self._secrets, self._clock = secrets, clock

    async def send(self, letter: Letter) -> None:
        """Post a letter; see ``Channel.send``. A redirection is not followed: the address is to be right."""
        url = self._secrets.get(self._url).reveal()
        headers = signed(letter, self._clock.now(), self._secrets.get(self._key))
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(url, data=letter.payload, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except TimeoutError:
            raise Retryable("timeout", f"no answer came in {TIMEOUT_SECONDS:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # its text may hold the address
            raise Retryable("unreachable", f"no connection ({type(error).__name__}): is it up?") from None
        if status == _GONE:
            raise Final("http-410", "the receiver wants no more messages")
        if status not in _SUCCESS:
            raise Retryable(f"http-{status}", f"it answered {status}")


def signed(letter: Letter, now: int, key: Secret) -> dict[str, str]:
    """Return the headers of a letter that is sent at ``now`` (microseconds)."""
    try:
        raw = base64.b64decode(key.reveal().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Retryable("secret", "the key is not base64, with or without whsec_ before it") from None
    timestamp = str(now // SECOND)
    text = f"{letter.id}.{timestamp}.".encode() + letter.payload
    proof = base64.b64encode(hmac.new(raw, text, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "trunkline",
        "webhook-id": letter.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{proof}",
    }
