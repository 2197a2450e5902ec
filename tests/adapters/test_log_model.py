"""Both engines do what a list and a dictionary say, whatever the order of moves."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.sqlite_engine import SqliteEngine

from trunkline.adapters.sqlite.dedupe import Shape
from trunkline.eventlog.memory import MemoryLog
from trunkline.eventlog.port import Query, Retention
from trunkline.kernel.clock import SECOND
from trunkline.testkit.eventlog import STREAM, WINDOW_SECONDS, event, read_all


class LogModel(RuleBasedStateMachine):
    """Both engines against a list and a dictionary, over window ends, trims and restarts."""

    shape = Shape()

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.engine = SqliteEngine(Path(self.folder.name), recent_bytes=4_000, dedupe_shape=self.shape)
        self.clock = self.engine.clock
        self.sqlite = self.runner.run(self.engine.open())
        self.memory = MemoryLog(self.clock, WINDOW_SECONDS)
        self.stored = []
        self.seen = {}
        self.first = [0, 0]

    def teardown(self):
        self.runner.run(self.engine.close())
        self.runner.close()
        self.folder.cleanup()

    def _expected(self, batch):
        now, placed = self.clock.now() // SECOND, []
        for one in batch:
            offset, second = self.seen.get(one.id, (-1, -1))
            duplicate = offset >= 0 and now - second < WINDOW_SECONDS
            if not duplicate:
                offset = len(self.stored)
                self.seen[one.id] = (offset, now)
                self.stored.append(one)
            placed.append((offset, duplicate))
        return placed

    @rule(numbers=st.lists(st.integers(0, 60), max_size=12))
    def append(self, numbers):
        batch = [event(number, recorded=self.clock.now()) for number in numbers]
        expected = self._expected(batch)
        for log in (self.sqlite, self.memory):
            placed = self.runner.run(log.append(STREAM, batch))
            assert [(one.offset, one.duplicate) for one in placed] == expected

    @rule(seconds=st.sampled_from([1, 100, WINDOW_SECONDS // 2, WINDOW_SECONDS - 1, WINDOW_SECONDS]))
    def advance(self, seconds):
        self.clock.advance(seconds)

    @rule(
        keep=st.integers(0, 100), age=st.integers(0, 2 * WINDOW_SECONDS), size=st.sampled_from([None, 0, 500])
    )
    def trim(self, keep, age, size):
        before = self.clock.now() - age * SECOND
        for index, log in enumerate((self.sqlite, self.memory)):
            went = self.runner.run(log.trim(STREAM, Retention(keep, before, size)))
            gone = self.stored[self.first[index] : self.first[index] + went]
            self.first[index] += went
            assert went == 0 or self.first[index] <= keep
            assert size is not None or all(one.recorded < before for one in gone)

    @rule(number=st.integers(0, 60), limit=st.integers(1, 5))
    def find(self, number, limit):
        for index, log in enumerate((self.sqlite, self.memory)):
            there = range(len(self.stored) - 1, self.first[index] - 1, -1)
            wanted = [offset for offset in there if self.stored[offset].id == f"id-{number}"]
            found = self.runner.run(log.find(Query(id=f"id-{number}", limit=limit)))
            assert [one.offset for one in found] == wanted[:limit]

    @rule()
    def reopen(self):
        self.sqlite = self.runner.run(self.engine.open())

    @invariant()
    def both_hold_the_stream(self):
        for first, log in zip(self.first, (self.sqlite, self.memory), strict=True):
            found = self.runner.run(read_all(log, limit=7))
            assert found == list(enumerate(self.stored))[first:]


class TinyRunsModel(LogModel):
    shape = Shape(run_keys=8, runs_in_segment=3, filter_words=64, runs_in_snapshot=2)


# Any sequence of appends, repeats, trims, finds, window ends and restarts goes as the model says.
# With tiny runs the same moves close runs, fill segments, keep filters and drop what is forgotten.
@pytest.mark.parametrize("model", [LogModel, TinyRunsModel])
def test_both_engines_agree_with_the_model(model):
    run_state_machine_as_test(
        model,
        settings=settings(max_examples=15, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
    )
