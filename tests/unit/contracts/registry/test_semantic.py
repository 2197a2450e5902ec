"""Versions are read in every spelling a contract may use, and ordered as semver.org says."""

from __future__ import annotations

import pytest

from trunkline.contracts.registry.semantic import LEVELS, level_of, semver


# Spellings of one version are one version; what follows a plus is a note.
@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1", "1.0.0"),
        ("1.2", "1.2.0"),
        ("v1.2.0", "1.2.0"),
        ("1.2.0.0", "1.2.0"),
        ("1.2.0.4", "1.2.0.4"),
        ("01.02", "1.2.0"),
        ("1.2.0-rc.1+build.5", "1.2.0-rc.1"),
        ("1.2+a-b", "1.2.0"),
    ],
)
def test_spellings(text, normal):
    assert str(semver(text)) == normal


@pytest.mark.parametrize("text", ["", "v", "one", "1.x", "1..2", "-1", "1.2.", "1" * 10, "1.2\n"])
def test_no_versions(text):
    with pytest.raises(ValueError, match="is no version"):
        semver(text)


# The order of the specification's own example, with numbers compared as numbers.
def test_order():
    words = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"]
    words += [
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.0.1",
        "1.0.9",
        "1.0.10",
        "1.9.0",
        "1.10.0",
        "2.0.0",
    ]
    assert [str(one) for one in sorted(map(semver, reversed(words)))] == words


# By how much one is above another is told by the first number that differs.
@pytest.mark.parametrize(
    ("low", "high", "level"),
    [
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.2.3.1", "patch"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3-rc.1", "1.2.3", "patch"),
        ("1.3.0-rc.1", "1.3.0", "minor"),
        ("2.0.0-rc.1", "2.0.0", "major"),
    ],
)
def test_levels(low, high, level):
    assert LEVELS[level_of(semver(low), semver(high))] == level


# The smallest version above by a level is a release, and a pre-release's own where that is enough.
@pytest.mark.parametrize(
    ("version", "above"),
    [
        ("1.2.3", ["1.2.4", "1.3.0", "2.0.0"]),
        ("1.3.0-rc.1", ["1.3.0", "1.3.0", "2.0.0"]),
        ("1.2.1-rc.1", ["1.2.1", "1.3.0", "2.0.0"]),
    ],
)
def test_above(version, above):
    assert [str(semver(version).above(level)) for level in LEVELS] == above
