"""A contract says what its next version owes it; a word that is nearly one is named."""

from __future__ import annotations

import pytest
from tests.contract_files import contract_of, faults_in, odcs, prop

from trunkline.contracts.contract import load
from trunkline.contracts.promise import Promise

ID = prop("id", "string", primaryKey=True)


# Without a word a new version reads all earlier ones, by the practical policy.
def test_default():
    assert contract_of(ID).promise == Promise("backward_transitive", "practical")


# The schema object's word comes before the file's.
def test_stated():
    said = {"customProperties": [{"property": "compatibility", "value": "none"}]}
    assert load(odcs([ID], **said), "f").promise.mode == "none"
    one = load(odcs([ID], {"compatibility": "full", "compatibilityPolicy": "strict"}, **said), "f")
    assert one.promise == Promise("full", "strict")


@pytest.mark.parametrize(
    ("key", "word", "near"),
    [("compatibility", "BACKWARD", "backward"), ("compatibilityPolicy", "strickt", "strict")],
)
def test_a_near_miss(key, word, near):
    [fault] = faults_in(odcs([ID], {key: word}))
    assert f'{key} cannot be "{word}"' in fault
    assert f'did you mean "{near}"?' in fault
