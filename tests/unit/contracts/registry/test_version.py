"""A subject is what its acts come to; acts that cannot follow each other are refused."""

from __future__ import annotations

import pytest
from tests.unit.contracts.registry.versions import AT, NOTE, TOTAL, contract, subject

from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import Entry, subject_of


def act(number, name, version="1.0.0", **more):
    return Entry(number=number, act=name, version=version, at=AT, by="bob", **more)


# Versions are found by their number and by their major, the highest first.
def test_finding():
    there = subject(*(contract(version, TOTAL, NOTE) for version in ("1.9.0", "2.0.0", "1.10.0")))
    assert there.find(semver("v1.9")).ref == "thing@1.9.0"
    assert there.find(semver("3")) is None
    assert [one.version for one in there.of_major(1)] == ["1.10.0", "1.9.0"]
    assert there.latest.version == "2.0.0"
    assert subject().latest is None


# A deprecation can be moved and taken back; what is retired keeps its sunset.
def test_states():
    there = subject(contract("1.0.0", TOTAL))
    moves = []
    for step in (
        act(2, "deprecate", sunset=5),
        act(3, "activate"),
        act(4, "deprecate", sunset=7),
        act(5, "retire"),
    ):
        there = there.after(step)
        moves.append((there.versions[0].state, there.versions[0].sunset))
    assert moves == [("deprecated", 5), ("active", None), ("deprecated", 7), ("retired", 7)]


# A version is over once it is retired or its sunset has come.
def test_ended():
    there = subject(contract("1.0.0", TOTAL))
    assert not there.versions[0].ended(AT)
    [deprecated] = there.after(act(2, "deprecate", sunset=AT)).versions
    assert (deprecated.ended(AT - 1), deprecated.ended(AT)) == (False, True)
    assert there.after(act(2, "retire")).versions[0].ended(0)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (act(2, "activate"), "number 2 and not 1"),
        (act(1, "activate"), "never registered"),
        (act(1, "register"), "registers nothing"),
    ],
)
def test_acts_that_cannot_follow(entry, problem):
    with pytest.raises(ValueError, match=problem):
        subject_of("thing", [entry])
