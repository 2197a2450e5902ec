"""Questions are answered by the use-cases behind them."""

from __future__ import annotations

import pytest

from trunkline.app.asking import answer
from trunkline.app.questions import AskCatalogue, AskFlow, AskGate, AskLineage, AskStatus
from trunkline.kernel.errors import UsageError

FLOW = "orders-to-warehouse"


# A flow is told with where it stands, what it joins and what the gate says; an unknown one is refused.
async def test_flow(backbone):
    found = await answer(backbone, AskFlow(FLOW))
    assert (found.standing.flow, found.joins.flow, found.gate.flow) == (FLOW, FLOW, FLOW)
    assert [one.flow for one in await answer(backbone, AskGate())] == [FLOW]
    for question in (AskFlow("none"), AskGate("none")):
        with pytest.raises(UsageError, match="none"):
            await answer(backbone, question)


# What the files say is answered from the running project.
async def test_files(backbone):
    assert (await answer(backbone, AskStatus())).project == (await answer(backbone, AskStatus())).project
    assert (await answer(backbone, AskCatalogue())).flows
    assert await answer(backbone, AskLineage("email"))
