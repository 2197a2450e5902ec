"""A flow fits before it runs: what it reads is there, what it gives is wanted, and money stays exact."""

from __future__ import annotations

import pytest

from trunkline.app.check import check
from trunkline.app.project import Project
from trunkline.app.wiring import UNCHANGED

FLOW = "flows/orders-to-warehouse.yaml"


@pytest.fixture
def said(folder):
    """Return what every fault says, after checking that all are the flow's, with line and column."""

    def texts():
        found = check(folder).faults
        assert all(fault.place.file == FLOW and fault.place.line and fault.place.column for fault in found)
        return [str(fault) for fault in found]

    return texts


# The written flow is wired: its stream, its target, its mapping's fields and its retry policy.
def test_a_flow_is_wired(folder):
    flow = Project.load(folder).flows["orders-to-warehouse"]
    assert (flow.contract.stream, flow.target.name) == ("order@1", "warehouse.orders")
    assert flow.mapping.inexact == frozenset()
    assert (flow.retry.attempts, flow.retry.first_seconds, flow.retry.longest_seconds) == (15, 1, 3600)


# What a mapping reads, gives or leaves out against the contracts is a fault at its line.
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("status: status", "status: stauts", 'did you mean "status"?'),
        ("  status: status", "  staus: status", 'no field "staus"'),
        ("  revision: revision\n", "", '"revision" is never given'),
        ("$sum(lines.quantity)", "$sum(lines.qty)", '"lines.qty"'),
        ("total: total", "total: total +", "expression"),
        ("map:", 'when: "statos = 1"\nmap:', '"statos"'),
        ("to: warehouse.orders", "to: warehouse.oders", 'did you mean "orders"?'),
        ("to: warehouse.orders", "to: warehose.orders", 'did you mean "warehouse"?'),
        ("from: order@1", "from: ordr", 'did you mean "order"?'),
        ("longest: 1h", "longest: 1ms", "longest_seconds"),
        ("longest: 1h", "longest: 1h, rules: {constrain: retry}", 'did you mean "constraint"?'),
        ("longest: 1h", "longest: 1h, rules: {http-404: retry}", "no kind of error that warehouse.orders"),
        ("longest: 1h", "longest: 1h, rules: {type: {longest: 1ms}}", "longest_seconds"),
        ("longest: 1h", "longest: 1h, rules: {type: finale}", "final"),
        ("longest: 1h", "longest: 1h, rules: {type: {attempt: 3}}", "attempts"),
        ("map:", "start: beginningg\nmap:", 'did you mean "beginning"?'),
        ("map:", "start: 2026-13-01\nmap:", "beginning, now, or a time such as 2026-01-31T08:00:00Z"),
    ],
)
def test_what_does_not_fit(edit, said, old, new, expected):
    edit(FLOW, old, new)
    assert any(expected in text for text in said()), said()


# Where a flow starts is read: by a word, or by a time in any zone; it is the beginning unless it is said.
@pytest.mark.parametrize(
    ("said_start", "start"),
    [
        ("", "beginning"),
        ("start: beginning", "beginning"),
        ("start: now", "now"),
        ("start: 2026-01-01T01:00:00+01:00", 1_767_225_600_000_000),
        ("start: 2026-01-01", 1_767_225_600_000_000),
    ],
)
def test_where_a_flow_starts(folder, edit, said_start, start):
    edit(FLOW, "map:", f"{said_start}\nmap:")
    assert Project.load(folder).flows["orders-to-warehouse"].start == start


# Without map, the stream's own fields have to be all that the target requires.
def test_an_unchanged_record(folder, edit, said):
    head, tail = (folder / FLOW).read_text().split("map:\n")
    (folder / FLOW).write_text(head + tail.split("$sum(lines.quantity)\n")[1])
    assert '"pieces" is never given' in said()[0]
    edit(FLOW, "order@1", "warehouse-order@1")
    assert Project.load(folder).flows["orders-to-warehouse"].mapping is UNCHANGED


# Effectively once is promised only into what keeps it: an idempotent request, or one whose key is honoured.
@pytest.mark.parametrize(
    ("request_and_more", "delivery", "fits"),
    [
        ('"PUT /o/{order_id}"', "effectively-once", True),
        ('"DELETE /o/{order_id}"', "effectively-once", True),
        ('"POST /o"', "effectively-once", False),
        ('"PATCH /o/{order_id}"', "effectively-once", False),
        ('"POST /o", idempotent: true', "effectively-once", True),
        ('"PUT /o/{order_id}", idempotent: false', "effectively-once", False),
        ('"POST /o"', "at-least-once", True),
    ],
)
def test_effectively_once(folder, edit, said, request_and_more, delivery, fits):
    warehouse = "systems/warehouse.yaml"
    accepts = (folder / warehouse).read_text().split("accepts:\n")[1]
    entry = f"  - {{name: orders, contract: warehouse-order@1, via: http, request: {request_and_more}}}\n"
    edit(warehouse, accepts, entry)
    edit(warehouse, "sqlite: state/warehouse.db", "url: https://warehouse.example.com")
    edit(FLOW, "delivery: effectively-once", f"delivery: {delivery}")
    assert (said() == []) == fits
    assert all("at-least-once" in text and "idempotent: true" in text for text in said())


# A newer event makes a dead letter moot only where it carries a whole state and takes the older one's place.
@pytest.mark.parametrize(
    ("accepts", "fault"),
    [
        ("table, table: orders, version: revision", ""),
        ("table, table: orders", "without a version an older state would replace a newer one"),
        ("table, table: orders, mode: insert", "mode insert replaces no row"),
        ("table, table: orders, sum: [pieces]", "pieces is added to, so every event counts"),
    ],
)
def test_supersede_needs_states_that_replace(folder, edit, said, accepts, fault):
    system = (folder / "systems/warehouse.yaml").read_text()
    edit(
        "systems/warehouse.yaml",
        system.split("accepts:\n")[1],
        f"  - {{name: orders, contract: warehouse-order@1, via: {accepts}}}\n",
    )
    edit(FLOW, "when_dead: hold-key", "when_dead: supersede")
    told = [text for text in said() if "place of an older" in text]
    assert [fault in text for text in told] == [True] * bool(fault)


# A contract without a version promises no whole states.
def test_supersede_needs_a_version(edit, said):
    edit("contracts/order.odcs.yaml", "      - {property: version, value: revision}\n", "")
    edit(FLOW, "when_dead: hold-key", "when_dead: supersede")
    assert any("names no version" in text for text in said())


# A decimal that would pass through binary floats is a fault, also under a name that needs back-quotes.
@pytest.mark.parametrize("expression", ["$number($string(total))", "total / 3"])
def test_decimals_stay_exact(edit, said, expression):
    edit(FLOW, "total: total", f"total: {expression}")
    assert ["binary floats" in text for text in said()] == [True]


# A name that is no plain word is read between back-quotes, exactly and as a field of the contract.
def test_back_quoted_names(folder, edit, said):
    edit("contracts/order.odcs.yaml", "- name: total\n", "- name: grand-total\n")
    edit(FLOW, "total: total", "total: '`grand-total`'")
    assert said() == []
    assert Project.load(folder).flows["orders-to-warehouse"].mapping.inexact == frozenset()
    edit(FLOW, "`grand-total`", "`grand-totl`")
    assert 'did you mean "`grand-total`"?' in said()[0]
    edit(FLOW, "`grand-totl`", "$number(`grand-total`)")
    assert "binary floats" in said()[0]
