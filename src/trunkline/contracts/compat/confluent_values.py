"""The part of Confluent's comparison that needs no recursion: bounds, patterns, values, required names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from trunkline.contracts.compat.confluent_shapes import Shape, canonical

UPPER: Final = (
    "max length",
    "maximum",
    "exclusive maximum",
    "max properties",
    "max items",
    "max contains",
)
LOWER: Final = (
    "min length",
    "minimum",
    "exclusive minimum",
    "min properties",
    "min items",
    "min contains",
)
RESTS: Final = (
    "additional properties",
    "unevaluated properties",
    "additional items",
    "unevaluated items",
)


def bounds(old: Shape, new: Shape, *words: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield which bounds came, went, grew or shrank."""
    for word in words:
        yield from _bound(word, old.facts.get(word), new.facts.get(word))


def numbers(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs between two schemas of numbers."""
    yield from bounds(old, new, "maximum", "minimum")
    upper = list(bounds(old, new, "exclusiveMaximum"))
    if upper == [(("exclusiveMaximum",), "exclusive maximum decreased")] and "maximum" in new.facts:
        # There a lower one is told only if it was above the new inclusive maximum.
        upper = upper if _size(old.facts["exclusiveMaximum"]) > _size(new.facts["maximum"]) else []
    yield from upper
    yield from bounds(old, new, "exclusiveMinimum")
    yield from _multiples(old.facts.get("multipleOf"), new.facts.get("multipleOf"))
    if ("integer" in old.facts) != ("integer" in new.facts):
        yield (), "type extended" if "integer" in old.facts else "type narrowed"


def strings(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs between two schemas of strings; two patterns are the same only as texts."""
    yield from bounds(old, new, "maxLength", "minLength")
    one, other = old.facts.get("pattern"), new.facts.get("pattern")
    if one != other:
        yield ("pattern",), f"pattern {'added' if one is None else 'removed' if other is None else 'changed'}"


def enums(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs between two lists of values."""
    one, other = ({canonical(each) for each in shape.facts["values"]} for shape in (old, new))
    if one != other:
        yield (
            ("enum",),
            f"enum array {'extended' if one < other else 'narrowed' if one > other else 'changed'}",
        )


def constants(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs between two single values."""
    if canonical(old.facts["value"]) != canonical(new.facts["value"]):
        yield ("const",), "enum array changed"


def required(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield which properties that both know are asked for no longer, or only now."""
    before, after = old.facts.get("required", frozenset()), new.facts.get("required", frozenset())
    for name in old.facts.get("properties", {}):
        told = new.facts.get("properties", {}).get(name)
        if told is not None and (name in before) != (name in after):
            with_default = " with default" if "default" in told.about else ""
            how = "removed" if name in before else f"{with_default} added".strip()
            yield ("properties", name), f"required attribute {how}"


def dependencies(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs in which properties ask for which others."""
    olds, news = old.facts.get("dependentRequired", {}), new.facts.get("dependentRequired", {})
    for name in dict.fromkeys([*olds, *news]):
        place = ("dependentRequired", name)
        for _, kind in present(olds, news, name, "dependency array"):
            yield place, kind
        if name in olds and name in news and (one := olds[name]) != (other := news[name]):
            how = "extended" if one < other else "narrowed" if one > other else "changed"
            yield place, f"dependency array {how}"


def arrays(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what differs in how many items, how different, how many of a kind."""
    yield from bounds(old, new, "maxItems", "minItems")
    if ("uniqueItems" in old.facts) != ("uniqueItems" in new.facts):
        yield ("uniqueItems",), f"unique items {'removed' if 'uniqueItems' in old.facts else 'added'}"
    for word in ("maxContains", "minContains"):
        yield from _bound(word, _count(old.loose.get(word)), _count(new.loose.get(word)))


def present(
    old: Mapping[str, Any], new: Mapping[str, Any], name: str, what: str
) -> list[tuple[tuple[str, ...], str]]:
    """Return that something came or went; nothing where both have it."""
    if name in old and name in new:
        return []
    return [((), f"{what} {'removed' if name in old else 'added'}")]


def _bound(word: str, old: Any, new: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if old is None or new is None:
        if old is not new:
            yield (word,), f"{_spaced(word)} {'added' if old is None else 'removed'}"
    elif _size(old) != _size(new):
        yield (word,), f"{_spaced(word)} {'increased' if _size(old) < _size(new) else 'decreased'}"


def _spaced(word: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in word)


def _multiples(old: Any, new: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if old is None or new is None:
        yield from _bound("multipleOf", old, new)
        return
    one, other = Decimal(str(old)), Decimal(str(new))
    if one == other:
        return
    how = "expanded" if _divides(one, other) else "reduced" if _divides(other, one) else "changed"
    yield ("multipleOf",), f"multiple of {how}"


def _divides(one: Decimal, other: Decimal) -> bool:
    try:
        return one != 0 and other % one == 0
    except InvalidOperation:  # more digits apart than are reckoned with
        return False


def _count(value: Any) -> Any:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _size(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    except (TypeError, ValueError):
        raise ValueError("a bound is a number") from None
