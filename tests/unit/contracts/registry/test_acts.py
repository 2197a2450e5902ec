"""Acts are decided by how the subject stands when they are kept, again where somebody else came first."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.contracts.registry.versions import NOTE, TOTAL, contract, prop

from trunkline.contracts.registry.acts import Who, find, register, take
from trunkline.contracts.registry.memory import MemoryRegistry
from trunkline.contracts.registry.port import Overtaken
from trunkline.contracts.registry.rules import Step
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import TrunklineError
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.registry import registered

ANN = Who("ann", "as agreed")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def registry():
    return MemoryRegistry()


# A version is kept with its text, who registered it, when and why; a draft by its status.
async def test_register(registry, clock):
    one = contract("1", TOTAL)
    assert (await register(registry, one, ANN, clock)).outcome == "new"
    assert (await register(registry, one, ANN, clock)).outcome == "known"
    assert (await register(registry, contract("1.1", TOTAL, status="proposed"), ANN, clock)).outcome == "new"
    first, second = (await registry.subject("thing")).versions
    assert (first.version, first.author, first.reason, first.at) == ("1.0.0", "ann", "as agreed", clock.now())
    assert (first.content.text, first.state, second.state) == (one.origin.text, "active", "draft")
    assert first.content.id == second.content.id


# What the rules refuse is not kept.
async def test_a_refusal_keeps_nothing(registry, clock):
    await register(registry, contract("1.0.0", TOTAL), ANN, clock)
    verdict = await register(registry, contract("1.1.0", prop("total", "string", required=True)), ANN, clock)
    assert (verdict.outcome, (await registry.subject("thing")).acts) == ("refused", 1)


class Slow(MemoryRegistry):
    """A registry in which everybody has read before anybody's act is kept."""

    async def subject(self, name):
        found = await super().subject(name)
        await asyncio.sleep(0)
        return found


# Of two that register another text of one version at once, one is told that it is taken.
async def test_who_comes_second_is_judged_again(clock):
    registry = Slow()
    texts = [contract("1.0.0", TOTAL), contract("1.0.0", NOTE)]
    verdicts = await asyncio.gather(*(register(registry, one, ANN, clock) for one in texts))
    assert sorted(one.outcome for one in verdicts) == ["new", "refused"]


class Crowded(MemoryRegistry):
    async def append(self, name, entry):
        raise Overtaken("always")


# Who never gets through says so instead of trying for ever.
async def test_a_crowd(registry, clock):
    with pytest.raises(TrunklineError, match="try again"):
        await register(Crowded(), contract("1.0.0", TOTAL), ANN, clock)


# A step is taken once nothing speaks against it, neither a rule nor who asks.
async def test_steps(registry, clock):
    await register(registry, contract("1.0.0", TOTAL), ANN, clock)
    sunset = clock.now() + SECOND
    deprecated = await take(registry, Step("deprecate", "thing@1", sunset), ANN, clock)
    assert (deprecated.state, deprecated.sunset, deprecated.because) == ("deprecated", sunset, "as agreed")
    with pytest.raises(TrunklineError, match="sunset still before it"):
        await take(registry, Step("retire", "thing@1.0"), ANN, clock)

    def object_to(version):
        raise TrunklineError(f"{version.ref} is in use")

    with pytest.raises(TrunklineError, match=r"thing@1\.0\.0 is in use"):
        await take(registry, Step("retire", "thing@1", at_once=True), ANN, clock, object_to)
    assert (await take(registry, Step("retire", "thing@1", at_once=True), ANN, clock)).state == "retired"


# A name that is nearly right is answered with the right one, a version with those there are.
async def test_finding(registry, clock):
    for version in ("1.0.0", "1.1.0"):
        await register(registry, contract(version, TOTAL), ANN, clock)
    assert (await find(registry, "thing"))[1].version == "1.1.0"
    for ref, answer in (
        ("thingy", 'did you mean "thing"'),
        ("thing@1.2", r"it has 1\.0\.0, 1\.1\.0"),
        ("thing@x", "is no version"),
    ):
        with pytest.raises(TrunklineError, match=answer):
            await find(registry, ref)


# A name may have an @ in it: what follows the last one is a version where it can be one.
async def test_finding_names_with_an_at(registry, clock):
    for name in ("a@b", "a"):
        await registry.append(name, registered(1, "1.0.0"))
    refs = {"a@b": "a@b", "a@b@1": "a@b", "a@1": "a", "a": "a"}
    assert {ref: (await find(registry, ref))[0].name for ref in refs} == refs
    with pytest.raises(TrunklineError, match="is no version"):
        await find(registry, "a@c")
