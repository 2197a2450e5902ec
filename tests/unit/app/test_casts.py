"""Records of one major version made from those of another: what fits, what does not, and there and back."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.app import majors

from trunkline.app.casts import Casts, NoCast
from trunkline.app.check import check
from trunkline.app.init import init
from trunkline.app.lineage import lineage
from trunkline.app.project import Project
from trunkline.app.reading import read
from trunkline.kernel.errors import Final

WORD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
MONEY = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
LINE = st.fixed_dictionaries({"sku": WORD, "quantity": st.integers(1, 10**6), "price": MONEY})
FIRST = st.fixed_dictionaries(
    {
        "event_id": WORD,
        "order_id": WORD,
        "revision": st.integers(1, 10**12),
        "changed_at": st.just("2026-01-05T09:30:00Z"),
        "status": st.sampled_from(["placed", "paid", "sent", "cancelled"]),
        "total": MONEY,
        "lines": st.lists(LINE, min_size=1, max_size=3),
    },
    optional={"email": st.just("ada@example.com")},
)


@pytest.fixture(scope="module")
def contracts(tmp_path_factory):
    folder = init(tmp_path_factory.mktemp("casts") / "shop").folder
    majors.second(folder)
    majors.third(folder)
    return read(folder)[0].contracts


@pytest.fixture
def faults(folder):
    """Write the second major version with casts that are changed, and return what is wrong."""

    def found(way, **fields):
        casts = {name: dict(one) for name, one in majors.SECOND.items()}
        casts[way] |= fields
        casts[way] = {name: one for name, one in casts[way].items() if one is not None}
        majors.second(folder, casts)
        return [str(fault) for fault in check(folder).faults]

    return found


# Up and down again is the record as it was, over one major version and over two.
@given(record=FIRST)
@settings(max_examples=60)
def test_up_and_down_again(contracts, record):
    casts, first = Casts(contracts), contracts["order@1"]
    assert first.check(record) == ()
    for high in (contracts["order@2"], contracts["order@3"]):
        made = casts.between(first, high, "up")(record)
        assert high.check(made) == ()
        assert casts.between(first, high, "down")(made) == record
        was, becomes = first.reading(record), high.reading(made)
        assert (was.entity_key, was.identity) == (becomes.entity_key, becomes.identity)


# What a cast makes is held against its contract, and the reason repeats no value.
def test_what_does_not_keep_to_its_contract(contracts):
    up = Casts(contracts).between(contracts["order@1"], contracts["order@2"], "up")
    record = {"event_id": "e", "order_id": "1", "revision": 1, "changed_at": "2026-01-05T09:30:00Z"}
    with pytest.raises(Final) as refused:
        up(record | {"status": "placed", "total": Decimal("0.005"), "lines": []})
    assert refused.value.kind == "contract"
    assert "does not keep to order@2.0.0: /cents: " in refused.value.detail
    assert "0.5" not in refused.value.detail


# Where a cast is missing on the way, it is named, with where to say it.
def test_a_cast_that_is_missing(contracts):
    between = {stream: one for stream, one in contracts.items() if stream != "order@2"}
    for known in (between, {"order@1": contracts["order@1"], "order@3": contracts["order@3"]}):
        with pytest.raises(
            NoCast, match="order@3 says nothing of how a record is cast up from order@2"
        ) as no:
            Casts(known).between(known["order@1"], known["order@3"], "up")
        assert no.value.expected == "the property cast in contracts/order-3.odcs.yaml, with before and up"


# A cast reads what the one side has, makes what the other requires, and keeps decimals exact.
@pytest.mark.parametrize(
    ("way", "fields", "told"),
    [
        ("up", {"state": "stat"}, 'it reads "stat"; expected a field of order@1.0.0; did you mean "status"?'),
        ("up", {"stat": "status"}, 'order@2.0.0 has no field "stat"; expected a field of order@2.0.0'),
        ("up", {"state": None}, '"state" is never given, and order@2.0.0 requires it'),
        ("up", {"state": "status +"}, "Unexpected end of expression (character 9 of the expression)"),
        ("down", {"total": "$round(cents / 100, 2)"}, "it is computed in binary floats"),
        ("down", {"total": None}, '"total" is never given, and order@1.0.0 requires it'),
    ],
)
def test_what_does_not_fit(faults, way, fields, told):
    found = faults(way, **fields)
    assert [one for one in found if told in one], found
    assert all(one.startswith("contracts/order-2.odcs.yaml:") for one in found)


# The keys of a record stay as they are: by one its order is kept, by the other a repeat is known.
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"order_id": "'SO-' & order_id"}, "the entity key, by which order is kept, would be another one"),
        ({"event_id": "order_id"}, "the idempotency key would be another one after the cast"),
    ],
)
def test_keys_stay(faults, fields, told):
    [found] = faults("up", **fields)
    assert told in found


# A file of an earlier version that is gone takes nothing from a version that was cast from it.
def test_a_version_whose_file_is_gone(folder):
    majors.second(folder)
    for file in ("contracts/order.odcs.yaml", "flows/orders-to-warehouse.yaml", "systems/shop.yaml"):
        (folder / file).unlink()
    assert check(folder).faults == []


# A source and a flow may say as only where there is a way; what is missing is said at their word.
def test_as_without_a_cast(folder):
    majors.second(folder, casts={})
    majors.move(folder)
    flow, system = [str(fault) for fault in check(folder).faults]
    assert flow.startswith(
        "flows/orders-2.yaml:4:5: order@2 says nothing of how a record is cast down to order@1"
    )
    assert system.startswith(
        "systems/shop.yaml:10:9: order@2 says nothing of how a record is cast up from order@1"
    )
    assert "expected the property cast in contracts/order-2.odcs.yaml, with before and up" in system


# What is said as must be an earlier version of the same contract.
@pytest.mark.parametrize("word", ["order@2", "warehouse-order@1"])
def test_as_what_is_none_before(folder, word):
    majors.second(folder)
    majors.move(folder)
    path = folder / "flows/orders-2.yaml"
    path.write_text(path.read_text("utf-8").replace("as: order@1", f"as: {word}"), "utf-8")
    told = [str(fault) for fault in check(folder).faults]
    assert any(
        f"{word} is none before order@2; expected an earlier major version of order" in one for one in told
    )


# A project whose sources and flows are cast is in order, and says where its personal data goes.
def test_a_project_that_is_cast(folder):
    majors.second(folder)
    majors.third(folder)
    majors.move(folder, 3)
    report = check(folder)
    assert report.faults == []
    assert report.passes, json.dumps([str(one) for one in report.gate])
    project = Project.load(folder)
    source, flow = project.sources["shop/order"], project.flows["orders-2"]
    assert (source.contract.stream, source.given.stream) == ("order@3", "order@1")
    assert (flow.contract.stream, flow.reads.stream) == ("order@3", "order@1")
    assert flow.mapping.lineage["email"] == {"buyer.email"}
    assert flow.mapping.lineage["pieces"] == {"items"}


# Where a field goes is told through the cast, also by a flow that maps nothing itself.
def test_lineage_through_a_cast(folder):
    majors.second(folder)
    majors.move(folder, flow="")
    target = folder / "contracts/warehouse-order.odcs.yaml"
    lines = target.read_text("utf-8").splitlines(keepends=True)
    target.write_text("".join(line for line in lines if "pieces" not in line), "utf-8")
    flow = folder / "flows/orders-to-warehouse.yaml"
    head = flow.read_text("utf-8").partition("\nmap:")[0]
    flow.write_text(head.replace("from: order@1", "from: order@2\nas: order@1") + "\n", "utf-8")
    [way] = lineage(Project.load(folder), "buyer.email", "order@2")
    assert [(one.flow, one.fields) for one in way.reaches] == [("orders-to-warehouse", ("email",))]
