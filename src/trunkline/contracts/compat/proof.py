"""Whether every value of one schema is one of another, proved from their structure.

Called by ``judging``. It exists beside the oracle because that multiplies alternatives out, gives up on
recursive references, and answers for the whole only: here an object is taken property by property and an
array item by item, and the oracle is asked about the small schemas at their ends.

Why it is sound. To prove *facts within wanted* every keyword of ``wanted`` is shown to follow from the facts,
by a rule that holds for each value that has them:

- a rule may leave facts out (more values have the rest), never invent one: it relies on ``facts``;
- ``anyOf`` follows where one alternative does; ``oneOf`` where moreover the others exclude the facts; ``not``
  where its schema excludes them; ``if`` where what it leads to follows;
- where the facts themselves hold alternatives, what follows from each of them, with the rest, follows;
- values that can be listed are put to the validator, one by one;
- a pair that is met again **deeper in the value** is taken as shown. If any value had the facts of such a
  pair and were not wanted, take the smallest: the proof leads from it to a smaller one of the same kind,
  which there is not. Met again at the same depth it is not shown: that would be a circle.

What no rule shows is left open, never refuted: only an example refutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from trunkline.contracts.compat import counts
from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.containment import Oracle
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.effort import Exhausted
from trunkline.contracts.compat.equality import same
from trunkline.contracts.compat.exclusion import excluded
from trunkline.contracts.compat.keywords import BOUNDS, group_of, is_scalar, is_stated, scalars
from trunkline.contracts.compat.parts import references
from trunkline.contracts.compat.places import Gap, Place
from trunkline.contracts.compat.sides import NOTHING, Facts, Side

MOST_STEPS = 20_000
"""The most pairs of schemas that one proof looks at."""
MOST_LEVELS = 40
"""The deepest in a value that a proof goes."""
MOST_WAYS = 64
"""In how many ways facts may hold for each to be looked at before what follows from all of them."""
MOST_GAPS = 40
"""The most places remembered where a proof failed."""


class Proof:
    """Proves that values of one side are values of the other; ``gaps`` are where the last proof failed."""

    def __init__(self, produced: Side, read: Side, oracle: Oracle | None = None) -> None:
        self.produced = produced
        self.read = read
        self.oracle = oracle or Oracle()
        self.gaps: list[Gap] = []
        self._thorough = True
        self._steps = 0
        self._circles = 0
        self._failed: set[tuple[frozenset[int], int]] = set()
        self._held: dict[tuple[frozenset[int], int], tuple[int, bool]] = {}
        self._trail: list[tuple[frozenset[int], int]] = []
        self._parts: dict[tuple[int, str], tuple[Schema, dict[str, Any]]] = {}

    def contained(
        self,
        facts: Facts,
        wanted: Schema,
        place: Place = Place(),  # noqa: B008  a value
        *,
        thorough: bool = True,
    ) -> bool:
        """Tell whether it is proved that what has the facts, at a place, is wanted.

        It ends at the first failure unless it is thorough: then ``gaps`` has all places where it failed.
        """
        self.gaps, self._steps, self._thorough = [], 0, thorough
        self._held.clear()
        self._failed.clear()
        self._trail.clear()
        try:
            return self._contained(facts, wanted, place)
        except (RecursionError, Exhausted):
            return False

    def _spend(self, steps: int = 1) -> None:
        """Spend of what this proof may cost, and of what the comparison may."""
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise Exhausted
        self.produced.effort.spend(steps)

    def _contained(self, facts: Facts, wanted: Schema, place: Place) -> bool:
        self._spend(of.steps(facts))
        if wanted is True or wanted == {}:
            return True
        if len(place.path) >= MOST_LEVELS:
            return False
        key = (frozenset(map(id, facts)), id(wanted))
        depth, shown = self._held.get(key, (MOST_LEVELS, True))
        if depth < len(place.path) or (shown and depth == len(place.path)):
            return True
        self._circles += not shown
        return shown and key not in self._failed and self._assuming(key, facts, wanted, place)

    def _assuming(self, key: tuple[frozenset[int], int], facts: Facts, wanted: Schema, place: Place) -> bool:
        """Prove a pair while it counts as shown deeper in the value; what relied on it falls with it.

        A failure is not tried again, unless it was for a circle, which another place may not close.
        """
        kept, circles, gaps = len(self._trail), self._circles, len(self.gaps)
        self._held[key] = (len(place.path), False)
        self._trail.append(key)
        if self._follows(facts, wanted, place):
            self._held[key] = (len(place.path), True)
            del self.gaps[gaps:]
            return True
        for fallen in self._trail[kept:]:
            self._held.pop(fallen, None)
        del self._trail[kept:]
        if circles == self._circles:
            self._failed.add(key)
        return False

    def _follows(self, facts: Facts, wanted: Schema, place: Place) -> bool:
        if self._stated(facts, wanted) or not of.types(facts):
            return True
        listed = of.values(self.produced, facts)
        if listed is not None:
            taken = all(self.read.is_surely_valid(wanted, value) for value in listed)
            return taken or self._gap(place, facts, wanted)
        if isinstance(wanted, bool):
            return self._by_choice(facts, wanted, place) or self._gap(place, facts, wanted)
        if self._every(self._shown(facts, wanted, keyword, place) for keyword in _leaders(wanted)):
            return True
        asked = is_scalar(wanted) and all(map(is_scalar, facts))  # the oracle has been, of each keyword
        return not asked and self._oracle_whole(facts, wanted)

    def _shown(self, facts: Facts, wanted: dict[str, Any], keyword: str, place: Place) -> bool:
        """Show what one keyword asks; places that did not matter for it are forgotten."""
        before = len(self.gaps)
        if self._demand(facts, wanted, keyword, place):
            del self.gaps[before:]
            return True
        return self._gap(place, facts, self._part(wanted, keyword))

    def _oracle_whole(self, facts: Facts, wanted: Schema) -> bool:
        return self.oracle.contains(self.read, wanted, self.produced, facts)

    def _stated(self, facts: Facts, wanted: Schema) -> bool:
        return any(is_stated(fact, wanted) for fact in facts) and self._refers_alike(wanted)

    def _refers_alike(self, wanted: Schema) -> bool:
        """Tell whether references in a schema, and in all they lead to, mean the same on both sides."""
        waiting = list(references(wanted)) if self.read.refers(wanted) else []
        seen = set()
        while waiting:
            reference = waiting.pop()
            if reference not in seen:
                seen.add(reference)
                self._spend()
                own, theirs = self.produced.target(reference), self.read.target(reference)
                if own is None or not same(own, theirs):
                    return False
                waiting += references(own)
        return True

    def _every(self, shown: Iterable[bool]) -> bool:
        """Tell whether all is shown; where places are asked for all is tried, and each failure may be one."""
        return all(list(shown) if self._thorough else shown)

    def _gap(self, place: Place, facts: Facts, wanted: Schema) -> bool:
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(place.path, facts, wanted, place.around))
        return False

    def _part(self, wanted: dict[str, Any], keyword: str) -> dict[str, Any]:
        """Return the keywords of a schema that mean something together with this one."""
        kept = self._parts.get((id(wanted), keyword))
        if kept is None:
            part = {key: wanted[key] for key in group_of(keyword) if key in wanted}
            kept = self._parts[id(wanted), keyword] = (wanted, part)
        return kept[1]

    def _demand(self, facts: Facts, wanted: dict[str, Any], keyword: str, place: Place) -> bool:
        """Show what one keyword, with those that belong to it, asks of a value with the facts."""
        part = wanted if keyword in _WHOLE else self._part(wanted, keyword)
        rule = self._rules.get(keyword, Proof._left)
        if keyword in of.CHOICES and 1 < of.ways(facts, place.chosen) <= MOST_WAYS:
            return self._stated(facts, part) or self._by_choice(facts, part, place, keyword)
        before = len(self.gaps)
        if rule(self, facts, part, place):
            return True
        vague, self.gaps[before:] = self.gaps[before:], []  # what fails in one of the alternatives says more
        if self._by_choice(facts, part, place, keyword):
            return True
        self.gaps += vague[: MOST_GAPS - len(self.gaps)]
        return False

    def _by_choice(self, facts: Facts, part: Any, place: Place, keyword: str = "") -> bool:
        """Show it from each of the alternatives that the facts hold."""
        for alternatives in of.alternatives(facts):
            if id(alternatives[0]) not in place.chosen:
                here = place._replace(chosen=place.chosen | {id(alternatives[0])})
                return all(self._from(facts, branch, part, here, keyword) for branch in alternatives[1])
        return False

    def _from(self, facts: Facts, branch: list[Schema], part: Any, place: Place, keyword: str) -> bool:
        self._spend()
        more = of.joined(self.produced, branch)
        both = tuple({id(fact): fact for fact in (*facts, *more)}.values())
        if not of.types(both):
            return True
        listed = of.values(self.produced, both)
        if listed is not None:
            shown = all(self.read.is_surely_valid(part, value) for value in listed)
        elif part is False:
            shown = self._by_choice(both, part, place)
        else:
            shown = self._demand(both, part, keyword, place)
        return shown or self._gap(place, both, part)

    def _left(self, facts: Facts, part: dict[str, Any], _place: Place) -> bool:
        """Show what has no rule of its own: stated in the same words, or known to the oracle."""
        return self._stated(facts, part) or self._oracle_whole(facts, part)

    def _reference(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        target = self.read.target(part["$ref"])
        return target is not None and self._contained(facts, target, place)

    def _all_of(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        return self._every(self._contained(facts, schema, place) for schema in part["allOf"])

    def _any_of(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        return any(self._is_alternative(facts, schema, place) for schema in part["anyOf"])

    def _is_alternative(self, facts: Facts, schema: Schema, place: Place) -> bool:
        """Show that it is this alternative; one that is visibly another kind of value is not tried."""
        is_other = excluded(self.produced, facts, self.read, self.read.flat(schema), levels=1)
        return not is_other and self._contained(facts, schema, place)

    def _one_of(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        for index, schema in enumerate(part["oneOf"]):
            rest = [other for at, other in enumerate(part["oneOf"]) if at != index]
            if self._is_alternative(facts, schema, place):
                return all(self._excluded(facts, other) for other in rest)
        return False

    def _excluded(self, facts: Facts, unwanted: Schema) -> bool:
        theirs = self.read.flat(unwanted)
        return excluded(self.produced, facts, self.read, theirs) or self.oracle.excludes(
            self.read, unwanted, self.produced, facts
        )

    def _not(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        return self._excluded(facts, part["not"]) or self._left(facts, part, place)

    def _condition(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        if "if" not in part or self._stated(facts, part):
            return True
        then, otherwise = part.get("then", True), part.get("else", True)
        if self._contained(facts, then, place):
            return self._contained(facts, otherwise, place) or self._contained(facts, part["if"], place)
        return self._excluded(facts, part["if"]) and self._contained(facts, otherwise, place)

    def _type(self, facts: Facts, part: dict[str, Any], _place: Place) -> bool:
        return of.types(facts) <= of.types((part,))

    def _scalar(self, facts: Facts, part: dict[str, Any], _place: Place) -> bool:
        """Show a bound, a pattern or a format from what the facts say of texts and numbers."""
        keyword = next(iter(part))
        if not of.types(facts) & BOUNDS[keyword] or of.is_within(facts, keyword, part[keyword]):
            return True
        patterns = {**self.produced.formats.patterns, **self.read.formats.patterns}
        own = [scalars(fact, patterns) for fact in facts]
        part = scalars(part, patterns)
        return self._stated(tuple(own), part) or self.oracle.contains(
            self.read, part, self.produced, (*own, {"type": sorted(of.types(facts))})
        )

    def _counted(self, facts: Facts, part: dict[str, Any], _place: Place) -> bool:
        return counts.follows(self.produced, facts, part)

    def _dependent_required(self, facts: Facts, part: dict[str, Any], _place: Place) -> bool:
        return (
            "object" not in of.types(facts)
            or self._stated(facts, part)
            or all(
                of.required(facts) >= set(needed) or self._absent(facts, name)
                for name, needed in part["dependentRequired"].items()
            )
        )

    def _dependent_schemas(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        return "object" not in of.types(facts) or all(
            self._absent(facts, name) or self._contained(facts, schema, place)
            for name, schema in part["dependentSchemas"].items()
        )

    def _absent(self, facts: Facts, name: str) -> bool:
        return NOTHING in of.child(self.produced, facts, name)

    def _members(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        if "object" not in of.types(facts):
            return True
        named = dict.fromkeys((*of.names(facts), *part.get("properties", ())))
        return self._every(self._member(facts, part, name, place) for name in named) and self._others(
            facts, part, place
        )

    def _member(self, facts: Facts, part: dict[str, Any], name: str, place: Place) -> bool:
        own = of.child(self.produced, facts, name)
        wanted = of.member_schemas(self.read, part, name)
        return self._every(self._contained(own, schema, place.inner(name, facts)) for schema in wanted)

    def _others(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        """Show what is asked of members without a name in the schemas: each that may be there."""
        wanted = [*part.get("patternProperties", {}).items(), (None, of.others(part))]
        return all(
            self._contained(own, schema, place.inner(of.SOME_NAME, facts))
            for pattern, schema in wanted
            if schema is not True
            for own in of.unnamed(self.produced, facts, part, pattern)
        )

    def _items(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        if "array" not in of.types(facts):
            return True
        described = max(of.prefix(facts), of.prefix((part,)))
        most = of.bound(facts, "maxItems")
        return self._every(
            self._contained(
                of.item(self.produced, facts, at), of.item_schema(part, at), place.inner(at, facts)
            )
            for at in range(described + 1)
            if most is None or at < most
        )

    def _property_names(self, facts: Facts, part: dict[str, Any], place: Place) -> bool:
        if "object" not in of.types(facts) or self._left(facts, part, place):
            return True
        wanted = part["propertyNames"]
        if any(self._contained(self.produced.flat(own), wanted, place) for own in _names_stated(facts)):
            return True
        known = of.closed_names(facts)
        return known is not None and all(
            self.read.is_surely_valid(wanted, name) or self._absent(facts, name) for name in known
        )

    _rules: ClassVar[dict[str, Callable[[Proof, Facts, dict[str, Any], Place], bool]]] = {
        "$ref": _reference,
        "allOf": _all_of,
        "anyOf": _any_of,
        "oneOf": _one_of,
        "not": _not,
        "if": _condition,
        "type": _type,
        "dependentRequired": _dependent_required,
        "dependentSchemas": _dependent_schemas,
        "properties": _members,
        "prefixItems": _items,
        "propertyNames": _property_names,
        **dict.fromkeys(counts.KEYWORDS, _counted),
        **dict.fromkeys(BOUNDS, _scalar),
    }


def _names_stated(facts: Facts) -> Iterator[Schema]:
    for fact in facts:
        if "propertyNames" in fact:
            yield {"allOf": [{"type": "string"}, fact["propertyNames"]]}


def _leaders(wanted: dict[str, Any]) -> list[str]:
    """Return the keywords that ask something, one of those that are judged together."""
    found: dict[tuple[str, ...], str] = {}
    for keyword in wanted:
        group = group_of(keyword)
        if group:
            found.setdefault(group, group[0] if keyword not in _WHOLE else keyword)
    return list(found.values())


_WHOLE = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})
"""What depends on everything beside it."""
