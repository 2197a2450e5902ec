"""What came, held against a candidate: how many would be refused, by which rule, where."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract_files import contract_of, prop

from trunkline.app.testing.generating import generated
from trunkline.app.testing.producer import producer_side
from trunkline.app.testing.records import Recorded
from trunkline.kernel.clock import SECOND

OLD = contract_of(
    prop("id", "string", required=True),
    prop("email", "string", classification="personal"),
    {
        "name": "lines",
        "logicalType": "array",
        "items": {"name": "line", "logicalType": "object", "properties": [prop("n", "integer")]},
    },
)
NEW = contract_of(
    prop("id", "string", required=True, maxLength=3),
    prop("email", "string", required=True),
    {
        "name": "lines",
        "logicalType": "array",
        "items": {"name": "line", "logicalType": "object", "properties": [prop("n", "integer", maximum=5)]},
    },
)


async def held(contract, records, known=None):
    async def recorded():
        for at, record in enumerate(records):
            wrong = contract.check(record)
            yield Recorded(record, wrong, f"s{at % 2}", f"thing@1 offset {at}", (at + 1) * SECOND)

    return await producer_side(contract.ref, contract, known, recorded())


# Refusals are grouped by rule and place, items of an array as one, with counts, times, sources and a place.
async def test_groups():
    good = {"id": "1", "email": "a@example.com"}
    many = good | {"lines": [{"n": 9}, {"n": 1}, {"n": 8}]}
    result = await held(NEW, [good, many, many | {"id": "12345"}, {"id": "1"}], OLD)
    assert (result.outcome, result.looked_at, result.faulty) == ("failed", 4, 3)
    assert "4 records of what came, 3 would be refused" in result.summary
    told = {(one.kind, one.pointer): one for one in result.findings}
    assert told.keys() == {("maximum", "/lines/-/n"), ("maxLength", "/id"), ("required", "/email")}
    most = told["maximum", "/lines/-/n"]
    assert (most.count, most.sources, most.place) == (2, ("s1", "s0"), "thing@1 offset 1")
    assert (most.first, most.last) == ("1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z")
    assert result.findings[0] is most


# What is personal by the project's contract or by the candidate is not shown, nor what neither describes.
async def test_nobody_is_shown():
    record = {"id": "12345", "email": "ada@example.com", "phone": "0123"}
    result = await held(NEW, [record], OLD)
    assert result.findings[0].example == {"id": "12345", "email": "***", "phone": "***"}
    assert "ada" not in str(result)
    assert "Ada" not in str(await held(NEW, ["Ada Lovelace"], None))


# A record that cannot be shown because of its size is told by its place.
async def test_a_huge_record_is_not_shown():
    result = await held(NEW, [{"id": "x" * 100_000, "email": "a"}], OLD)
    assert result.findings[0].example is None
    assert result.findings[0].place == "thing@1 offset 0"


# Where all would pass it passes; where nothing is recorded it is skipped.
async def test_passed_and_skipped():
    assert (await held(NEW, [{"id": "1", "email": "a"}])).outcome == "passed"
    result = await held(NEW, [])
    assert (result.outcome, result.summary) == ("skipped", "nothing is recorded")


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["string", "integer", "number", "boolean"]),
        st.booleans(),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=4,
)


def made(fields):
    each = []
    for at, (kind, required, bound) in enumerate(fields):
        options = {"string": {"maxLength": bound + 1}, "integer": {"minimum": bound}}.get(kind, {})
        each.append(prop(f"f{at}", kind, required=required, **options))
    return contract_of(*each)


# For any two contracts, what is counted is what validation of each record by itself refuses.
@settings(max_examples=40, deadline=None)
@given(old=FIELDS, new=FIELDS)
async def test_the_count_is_that_of_brute_force(old, new):
    records, candidate = generated(made(old), 60, 0), made(new)
    result = await held(candidate, records)
    refused = [record for record in records if candidate.check(record)]
    assert (result.looked_at, result.faulty) == (len(records), len(refused))
    broken = {}
    for record in refused:
        for one in {
            (violation.rule, violation.pointer, violation.message) for violation in candidate.check(record)
        }:
            broken[one] = broken.get(one, 0) + 1
    assert {(one.kind, one.pointer, one.reason): one.count for one in result.findings} == broken
    assert json.dumps(result.findings, default=str)
