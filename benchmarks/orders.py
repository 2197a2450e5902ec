"""The order that every benchmark sends: 485 bytes of nested JSON, made from a number."""

from __future__ import annotations

from pathlib import Path

from trunkline.contracts.contract import Contract, load

CONTRACT = Path(__file__).with_name("order.odcs.yaml")
BYTES = 485

_ORDER = (
    '{"id":"%s","number":%d,"placed_at":"2026-03-%02dT%02d:%02d:%02dZ","currency":"EUR","total":%s,'
    '"customer":{"id":"c-%06d","name":"%s","email":"customer%06d@example.com","address":{"street":"%s",'
    '"city":"Rotterdam","postcode":"3011 AA","country":"NL"}},"lines":[%s]}'
)
_LINE = '{"sku":"SKU-%05d","name":"Oak cup","quantity":%d,"price":%s}'


def order(number: int, *, entities: int = 1_000_000) -> bytes:
    """Return order ``number``; numbers that differ by ``entities`` are states of the same order."""
    entity = number % entities
    customer = entity * 7919 % 1_000_000
    lines, total = [], 0
    for line in range(3):
        quantity = 1 + (number + line) % 9
        cents = 199 + (number * 37 + line * 501) % 9_800
        total += quantity * cents
        lines.append(_LINE % ((number * 31 + line) % 100_000, quantity, _money(cents)))
    when = (1 + number % 28, number % 24, number % 60, number % 59)
    head = (f"ord-{entity:08d}", number + 1, *when, _money(total), customer, "Alex Jansen", customer)
    text = _ORDER % (*head, "%s", ",".join(lines))
    # the house number makes up for the digits that the other numbers have more or less
    street = "Havenstraat "
    return (text % (street + "1" * (BYTES - len(text) - len(street) + 2))).encode()


def contract() -> Contract:
    """Load the contract of the order."""
    return load(CONTRACT.read_bytes(), str(CONTRACT))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
