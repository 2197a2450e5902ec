"""Sealing follows XAES-256-GCM and refuses everything that was not sealed so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.eventlog.seal import Sealer
from trunkline.kernel.errors import Corrupt

SEALER = Sealer(bytes(range(32)))


# The published vectors (https://c2sp.org/XAES-256-GCM) give the published texts, with both forms of K1.
@pytest.mark.parametrize(
    ("key", "header", "ciphertext"),
    [
        (b"\x01", b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (b"\x03", b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_it_is_xaes_256_gcm(key, header, ciphertext):
    sealed = Sealer(key * 32).encrypt(b"ABCDEFGHIJKLMNOPQRSTUVWX", b"XAES-256-GCM", header)
    assert sealed.hex() == ciphertext


# Whatever is sealed opens again under the same header, and never looks the same twice.
@given(st.binary(), st.binary())
def test_round_trip(plain, header):
    sealed = SEALER.seal(plain, header)
    assert SEALER.open(sealed, header) == plain
    assert SEALER.seal(plain, header) != sealed


# One flipped bit anywhere, a cut, or another header: it does not open.
@given(st.binary(max_size=40), st.data())
def test_any_change_is_refused(plain, data):
    sealed = bytearray(SEALER.seal(plain, b"header"))
    for header, altered in ((b"Header", bytes(sealed)), (b"header", bytes(sealed[:-1])), (b"header", b"")):
        with pytest.raises(Corrupt):
            SEALER.open(altered, header)
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Corrupt):
        SEALER.open(bytes(sealed), b"header")


# A text cut within its nonce is refused as damaged, not with an error of the cipher.
@pytest.mark.parametrize("length", [8, 12, 20, 31, 32, 40])
def test_a_cut_text_is_refused(length):
    with pytest.raises(Corrupt):
        SEALER.open(SEALER.seal(b"plain", b"")[:length], b"")


# With another key the message names both keys by their ids and says what to do, without showing a key.
def test_another_key_is_named():
    other = Sealer(bytes(32))
    with pytest.raises(Corrupt, match="put back the key") as refused:
        other.open(SEALER.seal(b"plain", b""), b"")
    assert SEALER.key_id.hex() in str(refused.value)
    assert other.key_id.hex() in str(refused.value)
    assert bytes(range(32)).hex() not in str(refused.value)


# A key of another length is refused when it is given, with both lengths.
def test_a_key_has_32_bytes():
    with pytest.raises(ValueError, match="32 bytes, this one has 16"):
        Sealer(bytes(16))


# A fingerprint stands for a text under one key: another text or another key has another one.
def test_a_fingerprint_is_keyed():
    one, other = Sealer(bytes(range(32))), Sealer(bytes(range(1, 33)))
    assert one.fingerprint(b"k1") == Sealer(bytes(range(32))).fingerprint(b"k1")
    assert len({one.fingerprint(b"k1"), one.fingerprint(b"k2"), other.fingerprint(b"k1")}) == 3
