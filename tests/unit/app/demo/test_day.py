"""The generated day is the same for the same seed, and its faults are the ones it says."""

from __future__ import annotations

import csv
import io

from trunkline.app.demo.day import ORDERS, ROWS_AN_HOUR, retail_day
from trunkline.kernel import json
from trunkline.testkit.clock import START

DAY = retail_day(7, START)


def test_the_same_seed_gives_the_same_day_and_another_another():
    assert retail_day(7, START) == DAY
    assert retail_day(8, START) != DAY


def test_every_export_has_its_rows_and_as_many_faulty_ones_as_it_says():
    for file in DAY.files:
        rows = list(csv.DictReader(io.StringIO(file.text), delimiter=";"))
        faulty = [
            row
            for row in rows
            if row["quantity"] == "two"
            or not row["sku"]
            or row["price"] == "-1.00"
            or row["sold_at"] == "yesterday"
        ]
        assert (len(rows), len(faulty)) == (ROWS_AN_HOUR, file.faulty)


# The till exports the same hour twice, under another name.
def test_one_export_comes_twice():
    texts = [file.text for file in DAY.files]
    assert len(set(texts)) == len(texts) - 1
    assert len({file.name for file in DAY.files}) == len(texts)


def test_the_shop_repeats_breaks_and_forges_some_calls():
    keys = [call.key for call in DAY.calls]
    assert len(set(keys)) == ORDERS
    assert 0.03 < len(keys) / ORDERS - 1 < 0.07
    assert any(call.forged for call in DAY.calls)
    assert any(json.decode(call.body)["quantity"] == 0 for call in DAY.calls)


# Counted again from the texts themselves: what is right and not a repetition was sold.
def test_what_was_sold_is_what_the_texts_say():
    sold: dict[str, int] = {}
    for file in DAY.files[:-1]:
        for row in csv.DictReader(io.StringIO(file.text), delimiter=";"):
            if (
                row["sku"]
                and row["quantity"] != "two"
                and row["price"] != "-1.00"
                and row["sold_at"] != "yesterday"
            ):
                sold[row["sku"]] = sold.get(row["sku"], 0) + int(row["quantity"])
    for call in {call.key: call for call in DAY.calls if not call.forged}.values():
        order = json.decode(call.body)
        sold[order["sku"]] = sold.get(order["sku"], 0) + order["quantity"]
    assert sold == DAY.sold
