"""The behaviour every ``Registry`` has, whatever it is kept in.

A test module of an implementation subclasses ``RegistrySuite`` and gives it a ``registry`` fixture: an
empty one. pytest collects the cases from the subclass.
"""

from __future__ import annotations

import asyncio
from typing import Any

from trunkline.contracts.registry.port import Overtaken, Registry
from trunkline.contracts.registry.version import EVERY, Content, Entry, Reference, Settings

AT = 1_767_225_600_123_456


def content(text: str = "text", content_id: int = 7) -> Content:
    """Return what a version says, with all that can be kept of it."""
    return Content(
        kind="odcs",
        text=text,
        digest=f"{content_id:064x}",
        id=content_id,
        references=(Reference("common", "address", 3),),
    )


def registered(number: int, version: str, **more: Any) -> Entry:
    """Return the registration of a version as a subject's act of that number."""
    given: dict[str, Any] = {"content": content(), "at": AT, "by": "ann", "why": "first"} | more
    return Entry(number=number, act="register", version=version, **given)


def configured(number: int, settings: Settings) -> Entry:
    """Return what sets a subject's settings as its act of that number."""
    return Entry(number=number, act="configure", version="", at=AT, by="bob", settings=settings)


class RegistrySuite:
    """What every ``Registry`` does. The subclass defines the fixture ``registry``."""

    async def test_begins_empty(self, registry: Registry) -> None:
        """A subject that nobody registered has no versions and no acts, and is not listed."""
        assert await registry.subjects() == []
        subject = await registry.subject("order")
        assert (subject.name, subject.versions, subject.acts) == ("order", (), 0)
        assert list(await registry.history("order")) == []
        assert await registry.holding(7) == []

    async def test_keeps_what_was_registered(self, registry: Registry) -> None:
        """A version comes back with everything that was said of it, letter by letter."""
        text = 'größe: "1"\r\n\t\u2028 # \U0001f600\n'
        entry = registered(1, "1.0.0", content=content(text), by="Ännchen", why="as agreed\nin May")
        after = await registry.append("order", entry)
        assert after == await registry.subject("order")
        [version] = after.versions
        assert (version.number, version.version, version.state) == (1, "1.0.0", "active")
        assert (version.author, version.at, version.reason) == ("Ännchen", AT, "as agreed\nin May")
        assert version.content == content(text)
        assert list(await registry.history("order")) == [entry]

    async def test_acts_add_up(self, registry: Registry) -> None:
        """A version is where its acts have brought it; other versions stay where they are."""
        await registry.append("order", registered(1, "1.0.0", draft=True))
        await registry.append("order", registered(2, "1.1.0"))
        acts = [
            Entry(number=3, act="activate", version="1.0.0", at=AT, by="bob"),
            Entry(number=4, act="deprecate", version="1.0.0", at=AT, by="bob", sunset=AT + 1),
            Entry(number=5, act="retire", version="1.0.0", at=AT + 2, by="bob", why="nobody is left"),
        ]
        states = [(await registry.append("order", act)).versions[0].state for act in acts]
        assert states == ["active", "deprecated", "retired"]
        first, second = (await registry.subject("order")).versions
        assert (first.since, first.because, first.published) == (AT + 2, "nobody is left", True)
        assert (second.state, second.number) == ("active", 2)
        assert list(await registry.history("order"))[2:] == acts

    async def test_keeps_subjects_apart(self, registry: Registry) -> None:
        """Names are names: none is mistaken for a place, and they are listed in order."""
        names = ["order", "Order.line", "a/b", "..", ".", "topic value", "größe", "con%2Ftent", ":.ctx:a"]
        names += ["@settings", "settings", "a\0b", "x" * 1_000 + "1", "x" * 1_000 + "2", "ü" * 300]
        for name in names:
            await registry.append(name, registered(1, "1.0.0"))
        assert await registry.subjects() == sorted(names)
        assert (await registry.subject("order")).acts == 1

    async def test_settings(self, registry: Registry) -> None:
        """What is set for a subject, or for all, holds from then on; neither is listed for it."""
        first = Settings("full", "readonly")
        await registry.append(EVERY, configured(1, first))
        after = await registry.append(EVERY, configured(2, Settings(None, "readonly")))
        assert after == await registry.subject(EVERY)
        assert (after.settings, after.versions, after.acts) == (Settings(None, "readonly"), (), 2)
        await registry.append("order", configured(1, first))
        after = await registry.append("order", registered(2, "1.0.0"))
        assert (after.settings, len(after.versions)) == (first, 1)
        assert next(iter(await registry.history("order"))) == configured(1, first)
        assert await registry.subjects() == ["order"]
        assert isinstance(await _refusal(registry, registered(3, "1.1.0"), EVERY), ValueError)

    async def test_who_comes_second_decides_again(self, registry: Registry) -> None:
        """An act that was decided before another one came is not kept."""
        await registry.append("order", registered(1, "1.0.0"))
        for number in (1, 3):
            assert isinstance(await _refusal(registry, registered(number, "2.0.0")), Overtaken)
        assert (await registry.subject("order")).acts == 1

    async def test_refuses_what_makes_no_sense(self, registry: Registry) -> None:
        """A version is registered once, and nothing is done to one that is not there."""
        await registry.append("order", registered(1, "1.0.0"))
        assert "a second time" in str(await _refusal(registry, registered(2, "1.0.0")))
        unknown = Entry(number=2, act="retire", version="1.1.0", at=AT, by="bob")
        assert "never registered" in str(await _refusal(registry, unknown))
        assert (await registry.subject("order")).acts == 1

    async def test_finds_contents_by_their_id(self, registry: Registry) -> None:
        """The versions that hold a content are found in whichever subjects they are."""
        await registry.append("order", registered(1, "1.0.0", content=content("one", 17)))
        await registry.append("order", registered(2, "1.1.0", content=content("two", 171)))
        await registry.append("stock", registered(1, "3.0.0", content=content("one", 17)))
        assert sorted(one.ref for one in await registry.holding(17)) == ["order@1.0.0", "stock@3.0.0"]
        assert await registry.holding(1) == []

    async def test_takes_turns(self, registry: Registry) -> None:
        """Of acts that come at the same time each is kept once, in some order."""

        async def insist(version: str) -> None:
            while True:
                number = (await registry.subject("order")).acts + 1
                try:
                    await registry.append("order", registered(number, version))
                except Overtaken:
                    continue
                return

        await asyncio.gather(*(insist(f"1.{n}.0") for n in range(8)))
        subject = await registry.subject("order")
        assert sorted(one.version for one in subject.versions) == [f"1.{n}.0" for n in range(8)]


async def _refusal(registry: Registry, entry: Entry, name: str = "order") -> Exception | None:
    """Return what is raised for an act, None where it is kept."""
    try:
        await registry.append(name, entry)
    except (Overtaken, ValueError) as error:
        return error
    return None
