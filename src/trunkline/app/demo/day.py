"""What happens on the day: sales at the tills, orders in the shop, and the faults of real systems.

Everything follows from a seed, so that the stock the day ends with is known before Trunkline moves a
record: it is added up here, from what was sold, by nobody who reads a stream or a table.
"""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from decimal import Decimal

import msgspec

from trunkline.kernel import json
from trunkline.kernel.clock import SECOND, to_rfc3339

ARTICLES = 40
FIRST_HOUR, LAST_HOUR = 9, 18
ROWS_AN_HOUR = 400
ORDERS = 2_000
WITHDRAWN = "ART-1013"
"""An article that the shop's own interface no longer knows: what is sent to it about this one is refused."""

_FAULTY_ROWS, _RETURNS = 0.01, 0.03
_BROKEN_ORDERS, _REPEATED_ORDERS, _FORGED_CALLS = 0.02, 0.05, 0.01
"""Shares of rows and orders that something is special about."""

_HEADER = ("receipt", "line", "sku", "quantity", "price", "sold_at", "cashier")
_FAULTS = (("quantity", "two"), ("sku", ""), ("price", "-1.00"), ("sold_at", "yesterday"))
_FIRST_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus")


class TillFile(msgspec.Struct, frozen=True):
    """One export of a till: a CSV text and how many of its rows are wrong on purpose."""

    name: str
    text: str
    rows: int
    faulty: int


class ShopCall(msgspec.Struct, frozen=True):
    """One request the shop sends. ``forged`` ones carry a signature made with another key."""

    key: str
    body: bytes
    forged: bool = False


class Day(msgspec.Struct, frozen=True):
    """The whole day, and the units sold of each article that a correct stock table ends with."""

    files: list[TillFile]
    calls: list[ShopCall]
    sold: dict[str, int]


def retail_day(seed: int, midnight: int) -> Day:
    """Generate the day that begins at ``midnight`` (microseconds since the epoch)."""
    chance = random.Random(seed)  # noqa: S311  a repeatable day, not a secret
    prices = {f"ART-{1000 + n}": Decimal(chance.randrange(95, 9_995)) / 100 for n in range(ARTICLES)}
    sold: Counter[str] = Counter()
    files = [_till_file(chance, prices, sold, midnight, hour) for hour in range(FIRST_HOUR, LAST_HOUR)]
    again = msgspec.structs.replace(files[3], name="till-export-copy.csv")
    calls = _shop_calls(chance, prices, sold, midnight)
    return Day([*files, again], calls, dict(sold))


def _till_file(
    chance: random.Random, prices: dict[str, Decimal], sold: Counter[str], midnight: int, hour: int
) -> TillFile:
    text = io.StringIO()
    writer = csv.DictWriter(text, _HEADER, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    faulty = 0
    for number in range(ROWS_AN_HOUR):
        row = _sale(chance, prices, midnight + (hour * 3600 + number * 9) * SECOND, hour * 1000 + number)
        if chance.random() < _FAULTY_ROWS:
            row.update([chance.choice(_FAULTS)])
            faulty += 1
        else:
            sold[row["sku"]] += int(row["quantity"])
        writer.writerow(row)
    return TillFile(f"till-{hour:02d}00.csv", text.getvalue(), ROWS_AN_HOUR, faulty)


def _sale(chance: random.Random, prices: dict[str, Decimal], at: int, number: int) -> dict[str, str]:
    sku = chance.choice(list(prices))
    returned = chance.random() < _RETURNS
    return {
        "receipt": f"R-{number // 3:06d}",
        "line": str(number % 3 + 1),
        "sku": sku,
        "quantity": str(-1 if returned else chance.randint(1, 4)),
        "price": f"{prices[sku]:.2f}",
        "sold_at": to_rfc3339(at),
        "cashier": chance.choice(_FIRST_NAMES),
    }


def _shop_calls(
    chance: random.Random, prices: dict[str, Decimal], sold: Counter[str], midnight: int
) -> list[ShopCall]:
    calls = []
    for number in range(ORDERS):
        order = _order(chance, prices, midnight + (6 * 3600 + number * 30) * SECOND, number)
        luck = chance.random()
        broken, forged = luck < _BROKEN_ORDERS, luck > 1 - _FORGED_CALLS
        repeated = not broken and luck < _BROKEN_ORDERS + _REPEATED_ORDERS
        if broken:
            order["quantity"] = 0
        call = ShopCall(f"order-{number}", json.encode(order), forged)
        calls += [call, call] if repeated else [call]
        if not broken and not forged:
            sold[str(order["sku"])] += int(str(order["quantity"]))
    return calls


def _order(chance: random.Random, prices: dict[str, Decimal], at: int, number: int) -> dict[str, object]:
    sku = chance.choice(list(prices))
    name = chance.choice(_FIRST_NAMES)
    quantity = chance.randint(1, 3)
    return {
        "number": f"S-{number:06d}",
        "sku": sku,
        "quantity": quantity,
        "total": prices[sku] * quantity,
        "placed_at": to_rfc3339(at),
        "customer": {"name": name, "email": f"{name.lower()}{number % 97}@example.com"},
    }
