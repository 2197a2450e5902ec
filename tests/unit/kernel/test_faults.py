"""A fault says where, what was expected and the near miss, in one line."""

from __future__ import annotations

from trunkline.kernel.faults import Fault, Place, did_you_mean


def test_a_fault_reads_as_one_line_with_its_place():
    fault = Fault(
        Place("flows/stock.yaml", 3, 5), 'unknown key "maap"', "one of map, to", 'did you mean "map"?'
    )
    assert str(fault) == (
        'flows/stock.yaml:3:5: unknown key "maap"; expected one of map, to; did you mean "map"?'
    )


def test_a_fault_of_a_whole_file_has_no_line():
    assert str(Fault(Place("trunkline.yaml"), "is missing")) == "trunkline.yaml: is missing"


def test_faults_sort_by_file_then_line():
    places = [Place("b", 1, 1), Place("a", 2, 1), Place("a", 1, 9)]
    assert sorted(places) == [places[2], places[1], places[0]]


def test_the_near_miss_is_named_and_a_far_one_is_not():
    assert did_you_mean("publishs", ["publishes", "accepts"]) == 'did you mean "publishes"?'
    assert did_you_mean("zebra", ["publishes", "accepts"]) == ""
