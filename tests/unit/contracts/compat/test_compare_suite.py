"""Pairs of schemas of the JSON Schema Test Suite, which its documents refute or do not."""

from __future__ import annotations

import collections
import itertools

import pytest
from tests.shared_data import shared_data

from trunkline.contracts.compat.judging import Judge
from trunkline.contracts.compat.sides import Side
from trunkline.kernel import json

UNDECIDED_THOUGH_REFUTED = 332
"""Pairs that a document of the suite refutes and no proof or example decides; it only goes down."""
UNDECIDED = 546
"""All pairs that are undecided, of 7,138; it only goes down."""


def groups():
    folder = shared_data("json-schema-test-suite")
    for path in sorted(folder.rglob("draft2020-12/**/*.json")):
        if "remotes" not in path.parts:
            yield path, json.decode(path.read_bytes())


def sides(group):
    for case in group:
        try:
            yield Side(case["schema"])
        except ValueError:  # it needs a remote schema, or a pattern that is not linear
            continue


# No pair within one file is called compatible that a document of the file refutes; every example that is
# given shows what it says; and what stays undecided does not grow.
@pytest.mark.timeout(300)
def test_no_pair_is_called_compatible_that_a_document_refutes():
    counts = collections.Counter()
    for path, group in groups():
        documents = [test["data"] for case in group for test in case["tests"]]
        for old, new in itertools.product(list(sides(group)), repeat=2):
            effect, example = Judge(old, new).whole()
            refuted = any(old.takes(document) and new.refuses(document) for document in documents)
            counts[effect, refuted] += 1
            assert (effect, refuted) != ("compatible", True), (path.name, old.root, new.root)
            if example is not None:
                assert old.takes(example.document)
                assert new.refuses(example.document)
    assert counts["undecided", True] <= UNDECIDED_THOUGH_REFUTED
    assert counts["undecided", True] + counts["undecided", False] <= UNDECIDED
