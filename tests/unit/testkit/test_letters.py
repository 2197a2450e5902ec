"""The suite of dead letters holds for the reference, and its letters are what delivery makes."""

from __future__ import annotations

import pytest

from trunkline.delivery.memory import MemoryLedger
from trunkline.testkit.letters import LettersSuite, died


class TestMemoryLetters(LettersSuite):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


# A letter of the suite holds its key, and one without a key holds nobody.
def test_a_letter_holds_its_key():
    assert (died(1, "a").holds, died(1).holds, died(1, "a").state) == (True, False, "dead")
