"""A text may become a version where it is raised by as much as it differs; else every reason is told."""

from __future__ import annotations

import pytest
from tests.contract_files import odcs
from tests.unit.contracts.registry.versions import (
    AT,
    LOOSE,
    NOTE,
    TOTAL,
    WIDE,
    contract,
    prop,
    registration,
    subject,
)

from trunkline.contracts.contract import load
from trunkline.contracts.registry.content import candidate_of, shape_of_version
from trunkline.contracts.registry.rules import Step, against_step, judge
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import Entry

FIRST = contract("1.0.0", TOTAL)
DAY = 86_400_000_000


def verdict(there, version, *properties, **more):
    return judge(there, candidate_of(contract(version, *properties, **more)), shape_of_version)


# The first version of a subject, and of each major, owes nothing to anybody.
@pytest.mark.parametrize("version", ["1.0.0", "0.1", "7.3.2"])
def test_a_first_version(version):
    assert verdict(subject(), version, TOTAL).outcome == "new"


@pytest.mark.parametrize("version", ["2.0.0", "3", "v2.1"])
def test_a_new_major_is_not_held_against_the_old_one(version):
    assert verdict(subject(FIRST), version, prop("total", "string", required=True)).outcome == "new"


# The same text again is known, whatever its version is spelled like and whatever its status is.
@pytest.mark.parametrize("version", ["1.0.0", "1", "v1.0"])
def test_the_same_again(version):
    assert verdict(subject(FIRST), version, TOTAL, status="retired").outcome == "known"


# A registered version never changes; the answer names the version that the other text could be.
@pytest.mark.parametrize(
    ("properties", "more", "least"),
    [
        ([TOTAL], {"description": {"purpose": "orders"}}, "1.0.1"),
        ([LOOSE], {}, "1.1.0"),
        ([prop("total", "string", required=True)], {}, "2.0.0"),
    ],
)
def test_another_text_of_a_registered_version(properties, more, least):
    found = verdict(subject(FIRST), "1.0.0", *properties, **more)
    assert (found.outcome, found.least) == ("refused", least)
    assert found.reasons[0] == "1.0.0 is registered with another text, and a registered version never changes"


# What only describes asks for a patch, what changes the shape for a minor, what breaks for a major.
@pytest.mark.parametrize(
    ("version", "properties", "outcome", "least"),
    [
        ("1.0.1", [{**TOTAL, "description": "in cents"}], "new", "1.0.1"),
        ("1.0.1", [LOOSE], "refused", "1.1.0"),
        ("1.1.0", [LOOSE], "new", "1.1.0"),
        ("1.7.0", [LOOSE], "new", "1.1.0"),
        ("1.1.0", [prop("total", "string", required=True)], "refused", "2.0.0"),
        ("1.0.1", [prop("total", "string", required=True)], "refused", "2.0.0"),
    ],
)
def test_what_differs_decides(version, properties, outcome, least):
    found = verdict(subject(FIRST), version, *properties)
    assert (found.outcome, found.least) == (outcome, least)
    assert bool(found.reasons) == (outcome == "refused")


# A breaking change is named with the version that it breaks, and the direction.
def test_breaks_are_named():
    found = verdict(subject(FIRST), "1.1.0", prop("total", "string", required=True))
    assert [(one.version, one.direction) for one in found.breaks] == [("1.0.0", "backward")]
    assert "what 1.0.0 allowed could not be read any more" in found.reasons[0]


# Transitively every published version counts, and otherwise the latest one alone.
def test_modes():
    maximum = [
        contract(f"1.{n}.0", prop("total", "integer", required=True, maximum=top))
        for n, top in enumerate((9, 8))
    ]
    there = subject(*maximum)
    new = prop("total", "integer", maximum=8)
    found = verdict(there, "1.2.0", new)
    assert (found.outcome, {one.version for one in found.breaks}) == ("refused", {"1.0.0"})
    for mode in ("backward", "none"):
        assert verdict(there, "1.2.0", new, custom={"compatibility": mode}).outcome == "new"


# Without any compatibility a changed shape still asks for a minor version.
def test_no_compatibility():
    other = prop("total", "string", required=True)
    assert verdict(subject(FIRST), "1.0.1", other, custom={"compatibility": "none"}).least == "1.1.0"
    assert verdict(subject(FIRST), "1.1.0", other, custom={"compatibility": "none"}).outcome == "new"


# A version has to be above all others of its major, and every other reason is told beside that.
def test_lower_versions():
    there = subject(FIRST, contract("1.3.0", LOOSE))
    found = verdict(there, "1.2.0", prop("total", "string", required=True))
    assert found.reasons[0] == "1.2.0 is lower than 1.3.0, the latest of its major version"
    assert len(found.reasons) > 1
    assert found.least == "2.0.0"
    lower = verdict(there, "1.2.0", LOOSE, tags=["x"])
    assert (lower.least, len(lower.reasons)) == ("1.3.1", 1)


# A version of a lower major may still come: its stream is its own.
def test_older_majors_go_on():
    there = subject(FIRST, contract("2.0.0", NOTE))
    assert verdict(there, "1.1.0", LOOSE).outcome == "new"
    assert verdict(there, "1.0.1", NOTE, prop("total", "string", required=True)).least == "3.0.0"


# Another primary key breaks the order of events, though not the schema; other roles ask for a minor version.
def test_fields_with_a_role():
    both = [prop("id", "string", required=True), prop("total", "integer", required=True)]

    def keyed(version, key, custom):
        properties = [{**one, "primaryKey": True} if one["name"] == key else one for one in both]
        properties[0] |= {"logicalTypeOptions": {"minLength": 1}}
        return load(odcs(properties, custom, version=version), "thing.odcs.yaml")

    there = subject(keyed("1.0.0", "id", {}))
    for key, custom, least in (
        ("total", {}, "2.0.0"),
        ("id", {"idempotencyKey": "id"}, "1.1.0"),
        ("id", {"version": "total"}, "1.1.0"),
    ):
        found = judge(there, candidate_of(keyed("1.0.1", key, custom)), shape_of_version)
        assert (found.outcome, found.least) == ("refused", least)


# Versions of one shape count once, and a change that breaks several is told of the latest of them.
def test_each_break_is_told_once():
    there = subject(
        FIRST, contract("1.0.1", TOTAL, tags=["a"]), contract("1.0.2", LOOSE), contract("1.0.3", LOOSE)
    )
    read = []

    def shape_of(version):
        read.append(version.version)
        return shape_of_version(version)

    candidate = candidate_of(contract("1.1.0", prop("total", "string", required=True)))
    breaks = judge(there, candidate, shape_of).breaks
    assert read == ["1.0.3", "1.0.2", "1.0.1", "1.0.0"]
    assert {one.version for one in breaks} <= {"1.0.3", "1.0.1"}
    assert len(
        {(one.direction, one.change.pointer, one.change.kind, one.change.detail) for one in breaks}
    ) == len(breaks)


# A draft holds nobody to anything, but its number is taken.
def test_drafts():
    there = subject(FIRST).after(registration(2, contract("1.1.0", prop("total", "string")), draft=True))
    assert verdict(there, "1.0.1", TOTAL, tags=["x"]).outcome == "refused"
    found = verdict(there, "1.1.1", LOOSE)
    assert (found.outcome, found.least) == ("new", "1.1.1")


# A pre-release's own release is above it by what it was a pre-release of.
def test_pre_releases():
    there = subject(FIRST, contract("1.1.0-rc.1", LOOSE))
    assert verdict(there, "1.1.0-rc.2", WIDE).least == "1.1.0"
    assert verdict(there, "1.1.0", WIDE).outcome == "new"


def steps(*acts):
    """Return the subject after its version 1.0.0 took these acts."""
    there = subject(FIRST)
    for act, more in acts:
        there = there.after(Entry(number=there.acts + 1, act=act, version="1.0.0", at=AT, by="bob", **more))
    return there, there.find(semver("1"))


DEPRECATED = ("deprecate", {"sunset": AT + DAY})


# Each step has the states it may be taken from, and says what to do instead.
@pytest.mark.parametrize(
    ("acts", "step", "now", "against"),
    [
        ([], Step("activate", "thing@1"), AT, "active already"),
        ([DEPRECATED], Step("activate", "thing@1"), AT, ""),
        ([], Step("deprecate", "thing@1", AT + 1), AT, ""),
        ([], Step("deprecate", "thing@1", AT), AT, "in the future"),
        ([], Step("deprecate", "thing@1"), AT, "in the future"),
        ([DEPRECATED], Step("deprecate", "thing@1", AT + 2 * DAY), AT, ""),
        ([], Step("retire", "thing@1"), AT, "deprecate it first, or say --now"),
        ([], Step("retire", "thing@1", at_once=True), AT, ""),
        ([DEPRECATED], Step("retire", "thing@1"), AT + DAY - 1, "sunset still before it"),
        ([DEPRECATED], Step("retire", "thing@1"), AT + DAY, ""),
        ([DEPRECATED, ("retire", {})], Step("activate", "thing@1"), AT, "that is for good"),
        ([DEPRECATED, ("retire", {})], Step("retire", "thing@1", at_once=True), AT, "that is for good"),
    ],
)
def test_steps(acts, step, now, against):
    said = against_step(*steps(*acts), step, now)
    assert against in said
    assert bool(said) == bool(against)


# A draft is activated or retired, not deprecated; not activated once something else was published above it.
def test_steps_of_a_draft():
    there = subject(contract("1.0.0", TOTAL), draft=True)
    [draft] = there.versions
    assert against_step(there, draft, Step("activate", "thing"), AT) == ""
    assert against_step(there, draft, Step("retire", "thing"), AT) == ""
    assert "is a draft" in against_step(there, draft, Step("deprecate", "thing", AT + 1), AT)
    later = there.after(registration(2, contract("1.1.0", NOTE)))
    assert "published since" in against_step(later, draft, Step("activate", "thing"), AT)


# An undecided comparison is told as what it is, and counts as a break.
def test_undecided_counts_as_a_break():
    from trunkline.contracts.compat.difference import Change, Example
    from trunkline.contracts.registry.rules import Break

    change = Change(
        pointer="/a",
        kind="pattern",
        detail="another pattern",
        backward="undecided",
        forward="breaking",
        forward_example=Example({"a": "x" * 900}),
    )
    assert "could not be proved" in str(Break("1.0.0", "backward", change))
    assert len(str(Break("1.0.0", "forward", change))) < 600
