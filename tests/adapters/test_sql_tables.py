"""What a table holds after deliveries, on real databases: equal to a plain model, exact, once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sql_places import STOCK, at, contract, exact, items, opened

from trunkline.connectors.target import Progress
from trunkline.kernel.errors import Final, Retryable


@pytest.fixture
def place(sql_place):
    return sql_place


VERSIONED = contract("sku string!", "quantity integer", "price number", "version integer!")
MODES = {
    "upsert": {},
    "guarded": {"version": "version"},
    "delete": {"mode": "delete"},
    "guarded delete": {"mode": "delete", "version": "version"},
    "sum": {"sum": ("quantity", "price")},
}
RECORDS = st.fixed_dictionaries(
    {"sku": st.sampled_from("abc"), "version": st.integers(0, 4)},
    optional={
        "quantity": st.none() | st.integers(-1000, 1000),
        "price": st.none()
        | st.integers(-5, 5)
        | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20),
    },
)


def apply_one(mode, rows, record):
    """Apply one record to a dict of rows: what a batch has to equal, record by record."""
    old = rows.get(record["sku"])
    new = {name: record.get(name) for name in ("quantity", "price", "version")}
    if mode == "upsert" or (mode == "guarded" and (old is None or new["version"] > old["version"])):
        rows[record["sku"]] = new
    elif mode == "delete" or (mode == "guarded delete" and old and new["version"] >= old["version"]):
        rows.pop(record["sku"], None)
    elif mode == "sum":
        added = {name: (old or {}).get(name) or 0 for name in ("quantity", "price")}
        rows[record["sku"]] = {**new, **{name: (new[name] or 0) + added[name] for name in added}}


def test_a_batch_equals_its_records_applied_one_by_one(place):
    """Whatever the keys, versions, sums and deletes: a batch does what its records would one by one."""
    with asyncio.Runner() as runner:
        targets = {mode: place.target(VERSIONED, **given) for mode, given in MODES.items()}
        for target in targets.values():
            runner.run(target.open())

        @settings(max_examples=80, database=None)
        @given(st.lists(st.tuples(st.sampled_from(list(MODES)), st.lists(RECORDS, max_size=8)), max_size=6))
        def check(batches):
            place.ask("DELETE FROM stock")
            rows = {}
            for mode, records in batches:
                assert runner.run(targets[mode].deliver(items(*records), None)) == [None] * len(records)
                for record in records:
                    apply_one(mode, rows, record)
            stored = place.ask("SELECT sku, quantity, price, version FROM stock")
            assert {
                sku: {
                    "quantity": quantity,
                    "price": price if price is None else exact(price),
                    "version": version,
                }
                for sku, quantity, price, version in stored
            } == rows

        check()
        for target in targets.values():
            runner.run(target.close())


async def test_every_kind_of_value_is_stored_as_the_reference_says(place):
    """Each kind of the contract has its form in each engine, instants in UTC, and null stays null."""
    kinds = contract(
        "sku string!",
        "count integer",
        "price number",
        "open boolean",
        "day date",
        "at timestamp",
        "noon time",
        "tags array",
        "more object",
    )
    record = {
        "sku": "ü",
        "count": 2**63 - 1,
        "price": Decimal("0.10000000000000000000000000001"),
        "open": True,
        "day": "2026-01-31",
        "at": "2026-01-31T13:00:00.5+01:00",
        "noon": "12:00:00",
        "tags": ["a", {"n": Decimal("1.10")}],
        "more": {},
    }
    async with opened(place.target(kinds)) as target:
        assert await target.deliver(items(record, {"sku": "empty"}), at(2)) == [None, None]
    columns = 'sku, "count", price, "open", "day", at, noon, tags, more'
    if place.engine == "postgres":
        columns = columns.replace('"day"', '"day"::text').replace(" at", " at::text")
        columns = columns.replace("tags", "tags::text").replace("more", "more::text")
    stored = place.ask(f"SELECT {columns} FROM stock ORDER BY sku DESC")
    day_to_end = {
        "sqlite": (1, "2026-01-31", "2026-01-31T12:00:00.500000Z", "12:00:00", '["a",{"n":1.10}]', "{}"),
        "postgres": (True, "2026-01-31", "2026-01-31 12:00:00.5+00", "12:00:00", '["a", {"n": 1.10}]', "{}"),
    }[place.engine]
    assert stored[0][3:] == day_to_end
    assert stored[0][:2] == ("ü", 2**63 - 1)
    assert exact(stored[0][2]) == record["price"]
    assert stored[1] == ("empty", *[None] * 8)


async def test_a_version_in_time_lets_no_older_state_by(place):
    """A timestamp is a version: the later instant wins, whatever its offset is written as."""
    async with opened(place.target(STOCK, version="changed")) as target:
        newer = {"sku": "a", "quantity": 2, "changed": "2026-01-01T12:00:00+02:00"}
        older = {"sku": "a", "quantity": 1, "changed": "2026-01-01T09:59:59.999Z"}
        equal = {"sku": "a", "quantity": 3, "changed": "2026-01-01T10:00:00Z"}
        assert await target.deliver(items(newer), at(1)) == [None]
        assert await target.deliver(items(older, equal, first=1), at(3)) == [None, None]
    assert place.ask("SELECT quantity FROM stock") == [(2,)]


async def test_a_key_of_several_columns_names_the_row(place):
    """A primary key of two fields is a key of two columns, in every mode."""
    stock = contract("sku string!", "site string!", "quantity integer", key=["site", "sku"])
    async with opened(place.target(stock)) as target, opened(place.target(stock, mode="delete")) as remover:
        rows = [{"sku": "a", "site": str(number % 3), "quantity": number} for number in range(6)]
        await target.deliver(items(*rows), at(6))
        await remover.deliver(items({"sku": "a", "site": "1"}), None)
    assert place.ask("SELECT site, quantity FROM stock ORDER BY site") == [("0", 3), ("2", 5)]


async def test_the_same_call_again_has_no_second_effect(place):
    """A call that comes again, because nobody knows whether its commit counted, succeeds and adds nothing."""
    async with opened(place.target(STOCK, sum=("quantity",))) as target:
        sold = items({"sku": "a", "quantity": 5}, {"sku": "a", "quantity": 2})
        for _ in range(3):
            assert await target.deliver(sold, at(2)) == [None, None]
        late = items({"sku": "a", "quantity": 10}, first=1)
        for _ in range(3):
            assert await target.deliver(late, at(2, 1)) == [None]
        assert await target.progress(at(0).flow) == at(2, 1)
    assert place.ask("SELECT quantity FROM stock") == [(17,)]


async def test_another_runner_of_the_flow_is_noticed(place):
    """What another runner has settled in part is not applied again: the call fails and changes nothing."""
    async with (
        opened(place.target(STOCK, sum=("quantity",))) as one,
        opened(place.target(STOCK, sum=("quantity",))) as other,
    ):
        await one.deliver(items({"sku": "a", "quantity": 1}, {"sku": "a", "quantity": 1}), at(2))
        overlapping = items(*[{"sku": "a", "quantity": 100}] * 2, first=1)
        with pytest.raises(Retryable, match="another runner") as caught:
            await other.deliver(overlapping, at(3))
        assert caught.value.kind == "overtaken"
        await one.deliver(items({"sku": "b", "quantity": 1}, first=1), at(2, 1))
        with pytest.raises(Retryable, match="another runner"):
            await other.deliver(items(*[{"sku": "b", "quantity": 100}] * 2), at(2, 0, 1))
        assert await one.progress(at(0).flow) == at(2, 1)
    assert place.ask("SELECT sku, quantity FROM stock ORDER BY sku") == [("a", 2), ("b", 1)]


async def test_progress_of_an_earlier_release_is_kept(place):
    """Progress written before there was a last event is read without one, and has one with the next call."""
    place.ask("CREATE TABLE trunkline_progress (flow TEXT NOT NULL PRIMARY KEY, cursor BIGINT NOT NULL)")
    place.ask(f"INSERT INTO trunkline_progress VALUES ('{at(0).flow}', 2)")
    for life in range(2):
        async with opened(place.target(STOCK)) as target:
            before = await target.progress(at(0).flow)
            assert before == (at(3) if life else Progress(at(0).flow, 2))
            await target.deliver(items({"sku": "a"}, first=2), at(3))


async def test_two_runners_at_the_same_time_apply_each_event_once(place):
    """Two runners racing with the same calls end with each event applied once."""
    async with (
        opened(place.target(STOCK, sum=("quantity",), lock_seconds=5.0)) as one,
        opened(place.target(STOCK, sum=("quantity",), lock_seconds=5.0)) as other,
    ):
        for offset in range(20):
            sold = items({"sku": "a", "quantity": 1}, first=offset)
            answers = await asyncio.gather(*(runner.deliver(sold, at(offset + 1)) for runner in (one, other)))
            assert answers == [[None], [None]]
    assert place.ask("SELECT quantity FROM stock") == [(20,)]


async def test_a_sum_beyond_64_bits_is_refused_not_rounded(place):
    """A total that no longer fits is blamed on the event that would make it so; the total stays."""
    async with opened(place.target(STOCK, sum=("quantity",))) as target:
        most = {"sku": "a", "quantity": 2**63 - 1}
        assert await target.deliver(items(most), at(1)) == [None]
        verdicts = await target.deliver(
            items({"sku": "b", "quantity": 1}, {"sku": "a", "quantity": 1}, first=1), at(3)
        )
        assert [verdict and verdict.kind for verdict in verdicts] == [None, "range"]
    assert place.ask("SELECT sku, quantity FROM stock") == [("a", 2**63 - 1)]


async def test_decimal_sums_keep_every_digit(place):
    """Adding decimals is exact: ten times 0.1 is 1.0, and a cent survives beside 10**30."""
    async with opened(place.target(STOCK, sum=("price",))) as target:
        amounts = [*[Decimal("0.1")] * 10, Decimal(10) ** 30, Decimal("0.01")]
        for offset, amount in enumerate(amounts):
            await target.deliver(items({"sku": "a", "price": amount}, first=offset), at(offset + 1))
    total = Decimal("1000000000000000000000000000001.01")
    assert exact(place.ask("SELECT price FROM stock")[0][0]) == total


BAD = [
    ({"sku": "bad", "quantity": 2**70}, "type", "quantity: expected a whole number of 64 bits"),
    ({"sku": "bad", "quantity": "five"}, "type", "quantity: expected a whole number"),
    ({"sku": "bad", "price": 0.1}, "type", "no binary float"),
    ({"sku": "bad", "price": Decimal("NaN")}, "type", "exact number"),
    ({"sku": "bad", "changed": "yesterday"}, "type", "RFC 3339"),
    ({"sku": "bad", "colour": "red"}, "field", "no column for: colour"),
    ({"quantity": 1}, "type", "sku: expected a string, found nothing"),
    ({"sku": "bad\ud800"}, "type", "Unicode"),
    ({"sku": "forbidden"}, "constraint", "no_entry"),
]


@pytest.mark.parametrize(("record", "kind", "told"), BAD, ids=[told for _, _, told in BAD])
async def test_a_bad_record_is_blamed_and_nothing_applied(place, record, kind, told):
    """Each way a record can be wrong is blamed on it alone, with what was expected and without its value."""
    place.ask(
        f"CREATE TABLE stock (sku varchar(20) PRIMARY KEY, quantity bigint, price {place.decimal_type},"
        f" changed {'text' if place.engine == 'sqlite' else 'timestamptz'},"
        " CONSTRAINT no_entry CHECK (sku <> 'forbidden'))"
    )
    async with opened(place.target(STOCK)) as target:
        good = [{"sku": f"k{number}", "quantity": number} for number in range(40)]
        verdicts = await target.deliver(items(*good[:17], record, *good[17:]), at(41))
        assert [place for place, verdict in enumerate(verdicts) if verdict] == [17]
        assert isinstance(verdicts[17], Final)
        assert (verdicts[17].kind, told in verdicts[17].detail) == (kind, True), verdicts[17].detail
        assert "forbidden" not in str(verdicts[17]).replace("sku <> 'forbidden'", "")
        assert await target.progress(at(0).flow) is None
        assert place.ask("SELECT count(*) FROM stock") == [(0,)]


async def test_many_bad_records_are_all_found_in_one_call(place):
    """Every record the table refuses is blamed at once, also where all of them are bad."""
    place.ask("CREATE TABLE stock (sku varchar(9) PRIMARY KEY, quantity bigint CHECK (quantity >= 0))")
    kept = contract("sku string!", "quantity integer")
    async with opened(place.target(kept)) as target:
        mixed = items(*({"sku": str(number), "quantity": number % 7 - 1} for number in range(200)))
        verdicts = await target.deliver(mixed, at(200))
        assert [bool(verdict) for verdict in verdicts] == [number % 7 == 0 for number in range(200)]
        all_bad = items(*({"sku": str(number), "quantity": -1} for number in range(50)))
        assert all(await target.deliver(all_bad, at(50)))


async def test_an_inserted_key_that_is_there_is_blamed_on_the_later_one(place):
    """Mode insert replaces nothing: of two equal keys in one batch the later is to blame."""
    async with opened(place.target(STOCK, mode="insert")) as target:
        verdicts = await target.deliver(items({"sku": "a"}, {"sku": "b"}, {"sku": "a"}), at(3))
        assert [verdict and verdict.kind for verdict in verdicts] == [None, None, "constraint"]
        assert await target.deliver(items({"sku": "a"}, {"sku": "b"}), at(3)) == [None, None]
        [verdict] = await target.deliver(items({"sku": "b"}, first=3), at(4))
        assert verdict.kind == "constraint"


async def test_a_trigger_that_refuses_is_not_quoted(place):
    """What a trigger says may hold values of the row, so the verdict does not repeat it."""
    async with opened(place.target(STOCK)) as target:
        if place.engine == "sqlite":
            place.ask(
                "CREATE TRIGGER no_entry BEFORE INSERT ON stock WHEN new.sku = 'secret'"
                " BEGIN SELECT RAISE(ABORT, 'secret is not allowed'); END"
            )
        else:
            place.ask(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$BEGIN RAISE EXCEPTION '% is not allowed', new.sku; END$$;"
                "CREATE TRIGGER no_entry BEFORE INSERT ON stock FOR EACH ROW WHEN (new.sku = 'secret')"
                " EXECUTE FUNCTION refuse()"
            )
        verdicts = await target.deliver(items({"sku": "a"}, {"sku": "secret"}), at(2))
        assert verdicts[0] is None
        assert "trigger" in verdicts[1].detail
        assert "secret" not in str(verdicts[1])


async def test_a_constraint_checked_at_commit_is_blamed_on_its_record(place):
    """A deferred foreign key fails only at commit; the record that breaks it is found all the same."""
    place.ask("CREATE TABLE product (sku varchar(9) PRIMARY KEY)")
    place.ask("INSERT INTO product VALUES ('a'), ('b')")
    place.ask(
        "CREATE TABLE stock (sku varchar(9) PRIMARY KEY REFERENCES product DEFERRABLE INITIALLY DEFERRED,"
        " quantity bigint)"
    )
    async with opened(place.target(contract("sku string!", "quantity integer"))) as target:
        verdicts = await target.deliver(items({"sku": "a"}, {"sku": "nowhere"}, {"sku": "b"}), at(3))
        assert [verdict and verdict.kind for verdict in verdicts] == [None, "constraint", None]
        assert await target.deliver(items({"sku": "a"}, {"sku": "b"}), at(3)) == [None, None]


async def test_a_batch_refused_as_a_whole_but_not_in_pieces_is_applied(place):
    """Where only the collapsed batch breaks a constraint, its records go in one after the other."""
    place.ask("CREATE TABLE stock (sku varchar(9) PRIMARY KEY, quantity bigint UNIQUE)")
    place.ask("INSERT INTO stock VALUES ('k2', 1)")
    async with opened(place.target(contract("sku string!", "quantity integer"))) as target:
        moves = items(
            {"sku": "k1", "quantity": 9}, {"sku": "k2", "quantity": 5}, {"sku": "k1", "quantity": 1}
        )
        assert await target.deliver(moves, at(3)) == [None] * 3
        assert await target.progress(at(0).flow) == at(3)
    assert place.ask("SELECT sku, quantity FROM stock ORDER BY sku") == [("k1", 1), ("k2", 5)]


async def test_a_table_that_does_not_fit_is_refused_with_all_that_is_wrong(place):
    """A table made by others is checked: every column that will not do, what it is, what was expected."""
    place.ask("CREATE TABLE stock (sku integer, price double precision, site text NOT NULL)")
    with pytest.raises(Final) as caught:
        await place.target(STOCK).open()
    assert caught.value.kind == "schema"
    for told in (
        "column sku is",
        "column price is",
        "column quantity is missing; expected",
        "column changed is missing",
        "column site is NOT NULL without a default",
        "no unique key on (sku)",
    ):
        assert told in caught.value.detail


async def test_a_missing_table_is_not_made_against_the_users_will(place):
    """With ``create: false`` a missing table is an error that says what to do."""
    target = place.target(STOCK, create=False)
    with pytest.raises(Final, match="set create: true"):
        await target.open()
    await target.close()


async def test_binary_floats_are_taken_only_where_the_user_says_so(place):
    """A float column for a decimal field is refused unless ``decimals: float`` accepts the loss."""
    place.ask("CREATE TABLE stock (sku varchar(9) PRIMARY KEY, price double precision)")
    priced = contract("sku string!", "price number")
    with pytest.raises(Final, match="binary float"):
        await place.target(priced).open()
    async with opened(place.target(priced, decimals="float", sum=("price",))) as target:
        for offset, price in enumerate([Decimal("0.1"), Decimal("0.2")]):
            await target.deliver(items({"sku": "a", "price": price}, first=offset), at(offset + 1))
    assert place.ask("SELECT price FROM stock")[0][0] == pytest.approx(0.3)


async def test_others_may_read_and_write_while_a_flow_delivers(place):
    """The database stays its owner's: other programs read and write between our calls."""
    async with opened(place.target(STOCK)) as target:
        for offset in range(5):
            await target.deliver(items({"sku": "a", "quantity": offset}, first=offset), at(offset + 1))
            place.ask(f"INSERT INTO stock (sku, quantity) VALUES ('other {offset}', 1)")
    assert place.ask("SELECT count(*) FROM stock") == [(6,)]


async def test_a_table_changed_under_way_is_final_and_checked_anew(place):
    """A column dropped while a flow runs stops it with what is wrong; nothing is retried blindly."""
    async with opened(place.target(STOCK)) as target:
        place.ask("ALTER TABLE stock DROP COLUMN price")
        with pytest.raises(Final):
            await target.deliver(items({"sku": "a", "price": 1}), at(1))
        with pytest.raises(Final, match="column price is missing"):
            await target.deliver(items({"sku": "a", "price": 1}), at(1))
