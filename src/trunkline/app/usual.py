"""How long each source is usually silent at the most, learned from the last two weeks."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.kernel.clock import Clock
from trunkline.kernel.rollup import DAY
from trunkline.observe.kpi import LEARNED_DAYS, SHORTEST_SILENCE, usual_silence
from trunkline.observe.rollups import Pair, RollupKeeper

USUAL_SECONDS = 60.0
"""For how long it is taken as it was: days of silences do not change with the next minute."""


async def usual_silences(rollups: RollupKeeper, clock: Clock) -> Mapping[Pair, int]:
    """Return the usual silence in microseconds of every source that enough is known of."""
    silences = await rollups.silences(clock.now() - LEARNED_DAYS * DAY, SHORTEST_SILENCE)
    found = {}
    for one in await rollups.seen():
        pair = (one.stream, one.source)
        usual = usual_silence(silences.get(pair, []), min(LEARNED_DAYS * DAY, one.last - one.first))
        if usual is not None:
            found[pair] = usual
    return found
