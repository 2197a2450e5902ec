"""Six months of a real retailer's till lines through contract, log and mapping into a stock table.

The stock is also added up from the file itself, without Trunkline. What does not keep to the contract
is left out of both, by a rule that is written here a second time.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
import sqlite3
from collections import Counter

import pytest
from tests.scenarios.processes import ask, delivered, running, until
from tests.shared_data import shared_data

FILES = {
    "trunkline.yaml": "project: retail\n",
    "systems/till.yaml": """
system: till
title: Tills
kind: till
owner: {team: Stores, contact: stores@example.com}
publishes:
  - {stream: sale, via: files, every: 1d, folder: till, pattern: "*.csv.gz", settled_seconds: 0}
""",
    "systems/warehouse.yaml": """
system: warehouse
title: Warehouse
kind: database
owner: {team: Logistics, contact: logistics@example.com}
connection: {sqlite: state/warehouse.db}
accepts:
  - {name: stock, contract: stock@1, via: table, table: stock, sum: [sold, turnover]}
""",
    "contracts/sale.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: sale
name: sale
version: 1.0.0
status: active
slaProperties: [{property: retention, value: 10, unit: y}]
schema:
  - name: sale
    properties:
      - {name: InvoiceNo, logicalType: string, required: true,
         logicalTypeOptions: {pattern: "^[AC]?[0-9]{6}$"}}
      - {name: StockCode, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1,
         logicalTypeOptions: {pattern: "^[0-9]{5}[A-Za-z]{0,2}$"}}
      - {name: Description, logicalType: string}
      - {name: Quantity, logicalType: integer, required: true}
      - {name: InvoiceDate, logicalType: timestamp, required: true,
         logicalTypeOptions: {format: "yyyy-MM-dd HH:mm:ss", defaultTimezone: Europe/London}}
      - {name: UnitPrice, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: CustomerID, logicalType: string, classification: personal}
      - {name: Country, logicalType: string, required: true}
    customProperties:
      - {property: eventTime, value: InvoiceDate}
      - {property: classification, value: internal}
      - {property: legalBasis, value: legal-obligation}
""",
    "contracts/stock.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: stock
name: stock
version: 1.0.0
status: active
schema:
  - name: stock
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: code, logicalType: string, primaryKey: true, primaryKeyPosition: 1, required: true}
      - {name: sold, logicalType: integer, required: true}
      - {name: turnover, logicalType: number, required: true}
""",
    "flows/sales-to-stock.yaml": """
flow: sales-to-stock
from: sale@1
to: warehouse.stock
map: {code: StockCode, sold: Quantity, turnover: "Quantity * UnitPrice"}
needs: {freshness: 2d, consistency: eventual}
""",
}


@pytest.fixture(scope="module")
def export():
    return shared_data("online-retail-2010-12-to-2011-05.csv.gz")


@pytest.fixture(scope="module")
def truth(export):
    """Units and pence of every product, and how many lines keep to the contract, from the file alone."""
    code = re.compile(r"[0-9]{5}[A-Za-z]{0,2}")
    units: Counter[str] = Counter()
    tenths: Counter[str] = Counter()
    good = bad = 0
    with gzip.open(export, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not code.fullmatch(row["StockCode"]) or row["UnitPrice"].startswith("-"):
                bad += 1
                continue
            good += 1
            whole, _, fraction = row["UnitPrice"].partition(".")
            units[row["StockCode"]] += int(row["Quantity"])
            tenths[row["StockCode"]] += int(row["Quantity"]) * int(whole + fraction.ljust(3, "0"))
    return units, tenths, good, bad


def project(folder):
    from trunkline.adapters.keyfile.key import make_key

    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("till", "state"):
        (folder / name).mkdir()
    make_key(folder / "state" / "trunkline.key")
    return folder


def stock(folder):
    with sqlite3.connect(f"file:{folder / 'state' / 'warehouse.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT code, sold, turnover FROM stock").fetchall()
    thousandths = {}
    for code, _, turnover in rows:
        whole, _, fraction = str(turnover).partition(".")
        thousandths[code] = int(whole + fraction.ljust(3, "0"))
    return {code: sold for code, sold, _ in rows}, thousandths


def drop(export, folder, name):
    shutil.copy(export, folder / "till" / f".{name}")
    (folder / "till" / f".{name}").rename(folder / "till" / name)


def imported(folder, name):
    return (folder / "till" / "done" / name).exists() and delivered(folder)


# Every product's units and turnover equal the independent sum, to the tenth of a penny.
@pytest.mark.timeout(300)
def test_every_product_has_its_total_and_the_same_file_again_changes_nothing(tmp_path, export, truth):
    units, tenths, good, bad = truth
    folder = project(tmp_path)
    with running(folder) as run:
        run.listening()
        drop(export, folder, "first.csv.gz")
        until(lambda: imported(folder, "first.csv.gz"), "the export is delivered")
        first = stock(folder)
        drop(export, folder, "again.csv.gz")
        until(lambda: imported(folder, "again.csv.gz"), "the same export is known")
        assert run.stop() == 0
    status = ask(folder, "status")
    assert first == (units, tenths)
    assert stock(folder) == first
    assert [stream["events"] for stream in status["streams"] if stream["stream"] == "sale@1"] == [good]
    assert [source["quarantined"] for source in status["sources"]] == [bad]


# Killed in the middle, once while reading and once while delivering, it ends with the same stock.
@pytest.mark.timeout(300)
def test_a_kill_in_the_middle_and_a_restart_end_with_the_same_stock(tmp_path, export, truth):
    units, tenths, good, _ = truth
    folder = project(tmp_path)
    drop(export, folder, "first.csv.gz")
    for part in (3, 2):
        with running(folder) as run:
            run.listening()
            until(
                lambda part=part: ask(folder, "status")["flows"][0]["cursor"] > good // part,
                "a part is delivered",
            )
            run.kill()
    with running(folder) as run:
        run.listening()
        until(lambda: imported(folder, "first.csv.gz"), "the rest is delivered")
        assert run.stop() == 0
    assert stock(folder) == (units, tenths)
