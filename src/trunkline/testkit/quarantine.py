"""The behaviour every quarantine has, whatever it is kept in.

A test module of an implementation subclasses ``QuarantineSuite`` and gives it an ``open`` fixture: a
function that makes an empty quarantine of given limits. pytest collects the cases from the subclass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from trunkline.connectors.source import Arrival
from trunkline.intake.quarantine import (
    Count,
    Entry,
    Group,
    Held,
    Quarantine,
    QuarantineLimits,
    Query,
    Reason,
    Resolution,
)
from trunkline.kernel.errors import BusyError

Open: TypeAlias = Callable[[QuarantineLimits], Awaitable[Quarantine]]

AMOUNT = Reason("/amount", "type", "expected a number")
RELEASED = Resolution("released", "eve", "the contract was mended", 50)


def held(number: int, *, source: str = "till/sales", kind: str = "contract", **parts: Any) -> Held:
    """Make a refused arrival; ``number`` gives its id, time and bytes unless ``parts`` say otherwise."""
    arrival = Arrival(**{"raw": b'{"n":%d}' % number, "place": "till.csv line 17", **parts})
    entry = Entry(
        id=f"00000000-0000-7000-8000-{number:012x}",
        source=source,
        stream="sale@1",
        contract="sale@1.0.0",
        place=arrival.place,
        correlation="a" * 32,
        arrived=number,
        last_seen=number,
        count=1,
        kind=kind,
        reasons=(AMOUNT,),
        raw_bytes=len(arrival.raw),
    )
    return Held(entry, arrival)


def because(one: Held, *reasons: Reason) -> Held:
    """Return a refused arrival with these reasons."""
    return replace(one, entry=replace(one.entry, reasons=reasons))


class QuarantineSuite:
    """What every ``Quarantine`` does. The subclass defines the fixture ``open_quarantine`` (see ``Open``)."""

    async def test_keeps_an_arrival_as_it_came(self, open_quarantine: Open) -> None:
        """What is put can be listed, and got with its bytes, fields and identity as they came."""
        quarantine = await open_quarantine(QuarantineLimits())
        one = held(1, raw=b'\xff\x00"', fields={"sku": "A\u20ac"}, identity="file-17", time=5, fault="torn")
        await quarantine.put([one])
        assert await quarantine.get(one.entry.id) == one
        assert list(await quarantine.list(Query())) == [one.entry]

    async def test_unknown_id(self, open_quarantine: Open) -> None:
        """An id that nobody knows is None, and resolving it is False."""
        quarantine = await open_quarantine(QuarantineLimits())
        assert await quarantine.get("nobody") is None
        assert await quarantine.resolve("nobody", RELEASED) is False

    async def test_counts_the_same_arrival(self, open_quarantine: Open) -> None:
        """The same refused arrival again raises count and last_seen and adds no entry."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1)])
        await quarantine.put([held(2, raw=b'{"n":1}', kind="size")])
        await quarantine.put([held(3, raw=b'{"n":1}'), held(4, raw=b'{"n":1}')])
        [entry] = await quarantine.list(Query())
        assert (entry.id, entry.count, entry.arrived, entry.last_seen) == (held(1).entry.id, 4, 1, 4)
        assert entry.kind == "contract"

    async def test_counts_a_renamed_arrival(self, open_quarantine: Open) -> None:
        """An arrival with an identity is the same one wherever it stands: a renamed file adds no entry."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(n, raw=b"x", identity="digest:17", place=f"till-{n}.csv") for n in (1, 2)])
        [entry] = await quarantine.list(Query())
        assert (entry.count, entry.place) == (2, "till-1.csv")

    async def test_tells_arrivals_apart(self, open_quarantine: Open) -> None:
        """Another source, identity or byte makes another arrival, without an identity another place too."""
        quarantine = await open_quarantine(QuarantineLimits())
        same = b'{"n":1}'
        await quarantine.put(
            [
                held(1, raw=same),
                held(2, raw=same, source="shop/orders"),
                held(3, raw=same, place="till.csv line 18"),
                held(4, raw=same, identity="other"),
                held(5, raw=b'{"n":2}'),
            ]
        )
        assert [entry.id for entry in await quarantine.list(Query())] == [
            held(n).entry.id for n in (5, 4, 3, 2, 1)
        ]

    async def test_lists_by_query(self, open_quarantine: Open) -> None:
        """A list is newest first, filtered by what the query gives, and paged by the last id seen."""
        quarantine = await open_quarantine(QuarantineLimits())
        sources, kinds = ["till/sales", "shop/orders"], ["contract", "json"]
        await quarantine.put([held(n, source=sources[n % 2], kind=kinds[n // 4]) for n in range(6)])
        everything = [held(n).entry.id for n in reversed(range(6))]
        assert [e.id for e in await quarantine.list(Query())] == everything
        assert [e.id for e in await quarantine.list(Query(before=everything[1], limit=2))] == everything[2:4]
        assert [e.id for e in await quarantine.list(Query(source="shop/orders", kind="json"))] == [
            everything[0]
        ]

    async def test_lists_oldest_first(self, open_quarantine: Open) -> None:
        """With ``after`` a list is oldest first and goes on behind the last id seen."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(n) for n in range(5)])
        first = [entry.id for entry in await quarantine.list(Query(after="", limit=3))]
        assert first == [held(n).entry.id for n in range(3)]
        rest = [entry.id for entry in await quarantine.list(Query(after=first[-1]))]
        assert rest == [held(n).entry.id for n in (3, 4)]

    async def test_every_filter_counts(self, open_quarantine: Open) -> None:
        """A list holds the entries that carry every value asked for, and no other."""
        quarantine = await open_quarantine(QuarantineLimits())
        late = because(held(7), Reason("", "json", "no JSON"), Reason("/sku", "type", "a text"))
        changed = {"stream": "order@1", "contract": "order@1.2.0", "correlation": "b" * 32}
        late = replace(late, entry=replace(late.entry, **changed))
        await quarantine.put([held(1), held(2), late])
        for asked in (
            Query(ids=(late.entry.id, "nobody")),
            Query(stream="order@1"),
            Query(rule="json"),
            Query(text="/sku: a t"),
            Query(text="/: no JSON"),
            Query(correlation="b" * 32),
            Query(contract="order@1.2.0"),
            Query(since=7, until=8),
        ):
            assert list(await quarantine.list(asked)) == [late.entry], asked
        assert not await quarantine.list(Query(rule="type", until=1))
        assert not await quarantine.list(Query(text="Sku"))

    async def test_groups_by_reason(self, open_quarantine: Open) -> None:
        """Entries are grouped by the first reason, whichever item of an array it was about."""
        quarantine = await open_quarantine(QuarantineLimits())
        torn = [held(4), held(3), held(6, raw=b'{"n":3}')]
        await quarantine.put(
            [because(one, Reason(f"/lines/{n}/sku", "type", "")) for n, one in enumerate(torn)]
        )
        await quarantine.put([held(9), held(1, source="shop/order", kind="json")])
        await quarantine.resolve(held(9).entry.id, RELEASED)
        lines = Group(
            "till/sales", "sale@1", "contract", "type", "/lines/-/sku", 2, 3, 3, 6, held(3).entry.id
        )
        shop = Group("shop/order", "sale@1", "json", "type", "/amount", 1, 1, 1, 1, held(1).entry.id)
        assert list(await quarantine.groups(Query(limit=1))) == [lines, shop]
        assert list(await quarantine.groups(Query(kind="json", text="/amount"))) == [shop]
        [behind] = await quarantine.groups(Query(limit=1, after=held(3).entry.id))
        assert (behind.entries, behind.example) == (1, held(4).entry.id)
        [released] = await quarantine.groups(Query(status="released"))
        assert (released.pointer, released.entries) == ("/amount", 1)
        assert len(await quarantine.groups(Query(status=None))) == len([lines, shop, released])

    async def test_resolves_once(self, open_quarantine: Open) -> None:
        """A resolved entry keeps its bytes and says who ended it; it cannot be ended or amended again."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1)])
        entry_id = held(1).entry.id
        assert await quarantine.resolve(entry_id, RELEASED) is True
        assert await quarantine.resolve(entry_id, Resolution("discarded", "bob", "noise", 60)) is False
        await quarantine.amend(entry_id, "json", [])
        kept = await quarantine.get(entry_id)
        assert kept is not None
        assert (kept.entry.status, kept.entry.resolution, kept.entry.reasons) == (
            "released",
            RELEASED,
            (AMOUNT,),
        )
        assert kept.arrival == held(1).arrival
        assert not await quarantine.list(Query())
        assert len(await quarantine.list(Query(status=None))) == 1

    async def test_repeat_of_a_resolved_arrival(self, open_quarantine: Open) -> None:
        """A repeat of a resolved arrival is counted and does not open it again."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1)])
        await quarantine.resolve(held(1).entry.id, RELEASED)
        await quarantine.put([held(2, raw=b'{"n":1}')])
        [entry] = await quarantine.list(Query(status=None))
        assert (entry.status, entry.count) == ("released", 2)

    async def test_amends_reasons(self, open_quarantine: Open) -> None:
        """An open entry that was tried again carries the newer reasons."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1)])
        newer = Reason("/sku", "required", "expected to be there")
        await quarantine.amend(held(1).entry.id, "contract", [newer])
        [entry] = await quarantine.list(Query())
        assert entry.reasons == (newer,)

    async def test_bounded_by_count(self, open_quarantine: Open) -> None:
        """Full by count, a put is refused as a whole; repeats still count; resolving makes room."""
        quarantine = await open_quarantine(QuarantineLimits(entries=2))
        await quarantine.put([held(1)])
        await _is_refused(quarantine, [held(2), held(3)])
        await quarantine.put([held(2)])
        await quarantine.put([held(4, raw=b'{"n":2}')])
        await _is_refused(quarantine, [held(5)])
        await quarantine.resolve(held(1).entry.id, RELEASED)
        await quarantine.put([held(5)])
        assert [entry.id for entry in await quarantine.list(Query())] == [held(5).entry.id, held(2).entry.id]

    async def test_bounded_by_bytes(self, open_quarantine: Open) -> None:
        """When it is full by bytes, a put is refused."""
        quarantine = await open_quarantine(QuarantineLimits(bytes=100))
        await quarantine.put([held(1, raw=b"x" * 60)])
        await _is_refused(quarantine, [held(2, raw=b"y" * 60)])
        await quarantine.put([held(3, raw=b"z" * 40)])

    async def test_counts(self, open_quarantine: Open) -> None:
        """Counts tell entries and the arrivals they stand for, by source, kind and status."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1), held(2), held(3, kind="json"), held(4, raw=b'{"n":1}')])
        await quarantine.resolve(held(2).entry.id, RELEASED)
        assert list(await quarantine.counts()) == [
            Count("till/sales", "contract", "open", 1, 2),
            Count("till/sales", "contract", "released", 1, 1),
            Count("till/sales", "json", "open", 1, 1),
        ]

    async def test_trims_what_was_resolved(self, open_quarantine: Open) -> None:
        """Trimming removes what was resolved before an instant and nothing that is open."""
        quarantine = await open_quarantine(QuarantineLimits())
        await quarantine.put([held(1), held(2)])
        await quarantine.resolve(held(1).entry.id, RELEASED)
        assert await quarantine.trim(before=50) == 0
        assert await quarantine.trim(before=51) == 1
        assert [e.id for e in await quarantine.list(Query(status=None))] == [held(2).entry.id]


async def _is_refused(quarantine: Quarantine, several: list[Held]) -> None:
    before = list(await quarantine.list(Query()))
    after_seconds = 0.0
    try:
        await quarantine.put(several)
    except BusyError as busy:
        after_seconds = busy.retry_after_seconds
    assert after_seconds > 0, "a full quarantine took more, or said no time to come back"
    assert list(await quarantine.list(Query())) == before
