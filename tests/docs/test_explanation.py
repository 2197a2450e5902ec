"""The drawings of how an event fares name the states that the ledger knows."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from tests.docs.blocks import ROOT

from trunkline.delivery.ledger import State

STATES = {*get_args(State), "pending"}


# Both drawings of the state machine have all states and no other; pending is what the ledger has no row of.
@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "docs/explanation/delivery.md"])
def test_the_states(page):
    _, _, part = (ROOT / page).read_text("utf-8").partition("states of an event in a flow")
    drawing = part.split("```")[1]
    arrows = re.findall(r"(\w*) *-+(?:\+--)?> *(\w+)|\+-+> (\w+)", drawing)
    named = {word for arrow in arrows for word in arrow if word} - {"stored"}
    assert named == STATES
