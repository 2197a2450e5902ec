"""Sealing: AES-256-GCM under a fresh key for every message, so that no count of pages is too many.

Engines seal pages with it and quarantine its raw bytes. A plain random 96-bit nonce is safe for
about 2**32 messages a key (NIST SP 800-38D, 8.3), which a log that commits a thousand times a second
reaches in fifty days. XAES-256-GCM (https://c2sp.org/XAES-256-GCM) takes a random 192-bit nonce:
its first half derives the message's key with AES-CMAC, its second half is that key's nonce, and
2**80 messages are safe.

A sealed text is ``key id (8) | nonce (24) | ciphertext | tag (16)``.
"""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.kernel.errors import Corrupt

KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 24
_HEAD_BYTES = _ID_BYTES + _NONCE_BYTES
_BLOCK_BITS = (1 << 128) - 1


class Sealer:
    """Seals and opens texts with one 32-byte key; safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes, this one has {len(key)}")
        self._key = key
        self._subkey = _cmac_subkey(key)
        self.key_id = hashlib.blake2b(key, digest_size=_ID_BYTES, person=b"trunkline key id").digest()

    def seal(self, plain: bytes, header: bytes) -> bytes:
        """Encrypt ``plain``; ``header`` is authenticated with it but not stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.key_id + nonce + self.encrypt(nonce, plain, header)

    def open(self, sealed: bytes, header: bytes) -> bytes:
        """Return what was sealed; raises ``Corrupt`` where text, header or key is another."""
        if sealed[:_ID_BYTES] != self.key_id:
            raise Corrupt(
                f"sealed with key {sealed[:_ID_BYTES].hex()}, the key in use is {self.key_id.hex()}: "
                "put back the key this store was made with"
            )
        nonce = sealed[_ID_BYTES:_HEAD_BYTES]
        if len(sealed) < _HEAD_BYTES:
            raise Corrupt("the sealed text is cut short")
        try:
            return self._cipher(nonce).decrypt(nonce[12:], sealed[_HEAD_BYTES:], header)
        except InvalidTag:
            raise Corrupt("the seal is broken: the bytes or their place are not what was written") from None

    def fingerprint(self, text: bytes) -> bytes:
        """Return 16 bytes that stand for ``text``: without the key nobody can test a guess at it."""
        return hashlib.blake2b(text, digest_size=16, key=self._key, person=b"tl fingerprint").digest()

    def encrypt(self, nonce: bytes, plain: bytes, header: bytes) -> bytes:
        """Return XAES-256-GCM's ciphertext and tag; a 24-byte ``nonce`` is never used twice."""
        return self._cipher(nonce).encrypt(nonce[12:], plain, header)

    def _cipher(self, nonce: bytes) -> AESGCM:
        """Derive the message key: counter-mode KDF over AES-CMAC, label ``X`` (SP 800-108r1, 4.1)."""
        blocks = (b"\x00\x01X\x00" + nonce[:12], b"\x00\x02X\x00" + nonce[:12])
        masked = b"".join(
            (int.from_bytes(block, "big") ^ self._subkey).to_bytes(16, "big") for block in blocks
        )
        return AESGCM(_aes(self._key, masked))


def _cmac_subkey(key: bytes) -> int:
    """Derive K1, the CMAC subkey of a whole last block (SP 800-38B, 6.1)."""
    zero = int.from_bytes(_aes(key, bytes(16)), "big")
    return (zero << 1 & _BLOCK_BITS) ^ (0x87 if zero >> 127 else 0)


def _aes(key: bytes, blocks: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  CMAC's raw block cipher
    return encryptor.update(blocks)
