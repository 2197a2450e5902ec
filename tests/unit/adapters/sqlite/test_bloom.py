"""The filter never misses a key it was given and rarely takes another for one."""

from __future__ import annotations

import random

from trunkline.adapters.sqlite.bloom import Bloom, Probes

WORDS = 1 << 12
CHANCE = random.Random(7)


def _probes(count):
    return Probes([CHANCE.randbytes(16) for _ in range(count)], WORDS)


# Every key that was added hits, also after the filter was kept and loaded.
def test_no_key_is_missed():
    bloom, added = Bloom(WORDS), _probes(5_000)
    bloom.add(added)
    assert bloom.hits(added) == list(range(5_000))
    assert Bloom(WORDS, bloom.stored()).hits(added) == list(range(5_000))


# At its full load (24 bits a key) fewer than one stranger in 1,000 hits; an empty filter hits nothing.
def test_strangers_rarely_hit():
    bloom, strangers = Bloom(WORDS), _probes(50_000)
    assert bloom.hits(strangers) == []
    bloom.add(_probes(WORDS * 128 // 24))
    assert len(bloom.hits(strangers)) < 50
