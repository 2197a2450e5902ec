"""What shows the breaks that Confluent's Schema Registry finds: for each a document, or nothing at all.

Called by ``compare`` once that registry's verdict is there, which it leaves as it is. Each break is put to
what proves and refutes for ``strict``, in the same direction, at the same place: what the one side writes
there against what the other asks there. An example is one to the validators of the schemas' own drafts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, get_args

import msgspec

from trunkline.contracts.compat import confluent_translation as translation
from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.difference import Change, Difference, Direction, Evidence, Example, Schema
from trunkline.contracts.compat.effort import Effort, Exhausted
from trunkline.contracts.compat.exclusion import excluded
from trunkline.contracts.compat.judging import Demand, Judge
from trunkline.contracts.compat.keywords import group_of
from trunkline.contracts.compat.places import Place
from trunkline.contracts.compat.sides import Facts, Formats, Side
from trunkline.contracts.field import path_of

MOST_STEPS: Final = 100_000
"""The steps, each of about ten microseconds, that are spent on evidence for one comparison."""

_Shown = tuple[Evidence, Example | None]
_NOT_DECIDED: Final[_Shown] = ("undecided", None)
_BY_RULE: Final[_Shown] = ("rule", None)


def with_evidence(found: Difference, old: Schema, new: Schema, formats: Formats) -> Difference:
    """Return the same verdict, with what shows each break of it."""
    if all(found.effect(direction) != "breaking" for direction in get_args(Direction)):
        return found
    evidences = _evidences(old, new, formats)
    changes = []
    for change in found.changes:
        told: dict[str, Any] = {}
        for direction in get_args(Direction):
            if change.effect(direction) == "breaking":
                evidence = evidences.get(direction)
                shown = evidence.of(change) if evidence else _NOT_DECIDED
                told |= {f"{direction}_evidence": shown[0], f"{direction}_example": shown[1]}
        changes.append(msgspec.structs.replace(change, **told))
    return msgspec.structs.replace(found, changes=tuple(changes))


def _evidences(old: Schema, new: Schema, formats: Formats) -> dict[str, _Direction]:
    """Return what can be asked for evidence; nothing where a schema cannot be looked at as 2020-12."""
    effort = Effort(MOST_STEPS)
    try:
        before, after = (_Reading(schema, formats, effort) for schema in (old, new))
    except (ValueError, Exhausted, RecursionError):
        return {}
    return {"backward": _Direction(before, after), "forward": _Direction(after, before)}


class _Reading:
    """A schema told in 2020-12, and by the validator of its own draft."""

    def __init__(self, schema: Schema, formats: Formats, effort: Effort) -> None:
        self.side = Side(translation.translated(schema), formats, effort)
        self.is_exact = translation.is_exact(schema)
        self.validator = translation.validator(schema, formats)


class _At(NamedTuple):
    """A place that a pointer leads to: what is written there, what is asked, where it is in a document.

    ``certain`` is that the pointer did not lead through alternatives, of which the reading ones are guessed.
    """

    written: Facts
    asked: Facts
    place: Place
    certain: bool = True


class _Direction:
    """The evidence of one direction."""

    def __init__(self, writer: _Reading, reader: _Reading) -> None:
        self._writer = writer
        self._reader = reader
        self._judge = Judge(writer.side, reader.side)
        self._is_exact = writer.is_exact and reader.is_exact
        self._is_contained: bool | None = None

    def of(self, change: Change) -> _Shown:
        """Return what shows that a change breaks this direction."""
        try:
            return self._of(change)
        except (Exhausted, RecursionError):
            return _NOT_DECIDED

    def _of(self, change: Change) -> _Shown:
        if self._is_contained is None:
            self._is_contained = self._judge.quickly_whole[0] == "compatible"
        if self._is_contained:
            return _BY_RULE if self._is_exact else _NOT_DECIDED
        proved = self._is_exact and self._writer.side.is_plain and self._reader.side.is_plain
        for at, wanted in self._asked(change):
            demands: list[Demand] = [(at.written, part, at.place) for part in wanted]
            effect, example = self._judge.demands(demands)
            if example is not None and self._is_example(example.document):
                return "example", example
            proved = proved and at.certain and effect == "compatible"
        return _BY_RULE if proved else _NOT_DECIDED

    def _is_example(self, document: Any) -> bool:
        return self._writer.validator.is_valid(document) and not self._reader.validator.is_valid(document)

    def _asked(self, change: Change) -> Iterator[tuple[_At, list[dict[str, Any]]]]:
        """Yield what the reading side asks where a change is: by the keyword that changed, or all of it."""
        tokens = path_of(change.pointer)
        at, rest = self._walked(tokens)
        if change.kind.startswith("required") and tokens[-2:-1] == ("properties",):
            parent, _ = self._walked(tokens[:-2])
            name = tokens[-1]
            needed = any(name in fact.get("required", ()) for fact in parent.asked)
            yield parent, [{"required": [name]}] if needed else []
        keyword = rest[0] if rest else ""
        parts = [_part(fact, keyword) for fact in at.asked if keyword in fact]
        yield at, parts or list(at.asked)

    def _walked(self, tokens: tuple[str, ...]) -> tuple[_At, tuple[str, ...]]:
        """Follow a pointer as far as it leads into the document; return what is left of it."""
        writer, reader = self._writer.side, self._reader.side
        at = _At(writer.flat(writer.root), reader.flat(reader.root), Place())
        while len(tokens) > 0:
            step = self._step(at, tokens[0], tokens[1] if len(tokens) > 1 else "")
            if step is None:
                break
            at, taken = step
            tokens = tokens[taken:]
        return at, tokens

    def _step(self, at: _At, word: str, name: str) -> tuple[_At, int] | None:
        """Return the place that one step of a pointer leads to, and how many of its tokens the step is."""
        if word == "properties":
            return self._inside(at, of.child, name), 2
        if word == "prefixItems":
            return self._inside(at, of.item, int(name)), 2
        if word == "items":
            return self._inside(at, of.item, max(of.prefix(at.written), of.prefix(at.asked))), 1
        return (self._alternative(at, word, name), 2) if word in ("allOf", "anyOf", "oneOf") else None

    def _inside(self, at: _At, inner: Callable[[Side, Facts, Any], Facts], key: str | int) -> _At:
        written = inner(self._writer.side, at.written, key)
        asked = inner(self._reader.side, at.asked, key)
        return _At(written, asked, at.place.inner(key, at.written), at.certain)

    def _alternative(self, at: _At, keyword: str, index: str) -> _At:
        """Return the place of one of several schemas, and of the reading one that it may be read by."""
        if keyword == "allOf":
            return at
        branches = next((fact[keyword] for fact in at.written if keyword in fact), None)
        if branches is None or int(index) >= len(branches):
            return at._replace(certain=False)
        writer, reader = self._writer.side, self._reader.side
        written = tuple(
            {id(fact): fact for fact in (*at.written, *writer.flat(branches[int(index)]))}.values()
        )
        place = at.place._replace(chosen=at.place.chosen | {id(branches)})
        choices = [branch for fact in at.asked for key in of.CHOICES for branch in fact.get(key, ())]
        read = next((one for one in choices if not excluded(writer, written, reader, reader.flat(one))), None)
        asked = at.asked if read is None else (*at.asked, *reader.flat(read))
        return _At(written, asked, place, certain=False)


def _part(fact: dict[str, Any], keyword: str) -> dict[str, Any]:
    return {key: fact[key] for key in group_of(keyword) or (keyword,) if key in fact}
