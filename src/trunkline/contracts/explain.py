"""What a JSON Schema finds wrong with a file its user wrote, in words for that user.

Called by ``document.faults_of``. A validator's own messages repeat each failed branch of an ``anyOf`` and
every key around a fault; here one mistake gives one message. Values are not quoted, but for a misspelt
word of an ``enum``: a file may hold a secret where a reference belongs. A schema can say in ``x-expected``,
beside the keyword, what it wants in better words than the keyword's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs
import msgspec

from trunkline.contracts.field import path_of
from trunkline.kernel.faults import did_you_mean

_SHOWN = 16
_LONGEST_WORD = 40
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_INNER = ("allOf", "anyOf", "oneOf")

Schema = dict[str, Any]
Path = tuple[str | int, ...]


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong: where (pointer tokens; ``at_key`` points at the key), what, and what was expected."""

    tokens: Path
    problem: str
    expected: str = ""
    hint: str = ""
    at_key: bool = False


class Checker:
    """A JSON Schema compiled once, to check many files by."""

    def __init__(self, schema: Schema) -> None:
        self._explainer = _Explainer(schema)
        self._validator = jsonschema_rs.validator_for(
            schema, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )

    def findings(self, value: Any) -> list[Finding]:
        """Return what is wrong with ``value``, one finding a mistake."""
        return list(self._explainer.all(list(self._validator.iter_errors(value))))


class _Explainer:
    """Puts errors into words, looking up the schema around each for what else was possible."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def all(self, errors: Sequence[Any]) -> Iterator[Finding]:
        """Explain errors; what only follows from another error is left out."""
        own = [error for error in errors if error.kind.name != "unevaluatedProperties"]
        places = [tuple(error.instance_path) for error in own]
        for error in own:
            yield from self._one(error)
        for error in errors:
            if error.kind.name == "unevaluatedProperties":
                around = tuple(error.instance_path)
                follows = any(place[: len(around)] == around for place in places)
                yield from self._unknown_keys(error, certain=not follows)

    def _one(self, error: Any) -> Iterator[Finding]:
        rule, tokens = error.kind.name, tuple(error.instance_path)
        if rule in ("anyOf", "oneOf"):
            yield from self._alternatives(error)
        elif rule == "additionalProperties":
            yield from self._unknown_keys(error, certain=True)
        elif rule == "propertyNames":
            yield from self._bad_names(error)
        elif rule == "required":
            yield Finding(tokens, f'missing key "{error.kind.value}"', self._wish(error, error.kind.value))
        elif rule == "enum":
            yield self._not_one_of(tokens, error, [_word(option) for option in error.kind.value])
        else:
            expected = self._wish(error) or _EXPECTED.get(rule, _anything)(error.kind.value)
            problem = f"{_named(tokens)} {_problem(rule, error.instance)}"
            yield Finding(tokens, problem, expected, _quotes_hint(rule, error))

    def _unknown_keys(self, error: Any, *, certain: bool) -> Iterator[Finding]:
        """Name the keys that no branch of the schema knows; when ``certain``, known ones out of place too."""
        tokens = tuple(error.instance_path)
        known = list(dict.fromkeys(self._known_keys(self._around(error), set())))
        unexpected: list[str] = error.kind.value
        for key in unexpected:
            if key not in known:
                problem, hint = f'unknown key "{key}"', did_you_mean(key, known)
                yield Finding((*tokens, key), problem, _one_of(known), hint, at_key=True)
            elif certain:
                yield Finding((*tokens, key), f'the key "{key}" does not belong here', at_key=True)

    def _bad_names(self, error: Any) -> Iterator[Finding]:
        inner = error.kind.value
        key = inner.instance if isinstance(inner.instance, str) else ""
        expected = self._wish(inner) or _EXPECTED.get(inner.kind.name, _anything)(inner.kind.value)
        problem = f'the key "{key[:_LONGEST_WORD]}" cannot be used'
        yield Finding((*error.instance_path, key), problem, expected, at_key=True)

    def _alternatives(self, error: Any) -> Iterator[Finding]:
        """Explain the branch that the writer most likely meant, or all when none is likelier."""
        tokens: Path = tuple(error.instance_path)
        branches = [branch for branch in error.kind.value if branch]
        shaped = [branch for branch in branches if not _is_other_type(branch, tokens)]
        kinds = _discriminators(shaped)
        wish = self._wish(error)
        if kinds:
            yield self._not_one_of(*kinds)
        elif wish and not isinstance(error.instance, (dict, list)):
            yield Finding(tokens, f"{_named(tokens)} {_problem('form', error.instance)}", wish)
        elif shaped and _is_deeper(shaped, tokens):
            yield from self.all(min(shaped, key=lambda branch: _distance(branch, tokens)))
        else:
            yield Finding(tokens, *_form_words(error, branches, shaped, wish))

    def _not_one_of(self, tokens: Path, error: Any, options: list[str]) -> Finding:
        written = error.instance if isinstance(error.instance, str) else ""
        quoted = f'"{written}"' if 0 < len(written) <= _LONGEST_WORD else "that"
        return Finding(
            tokens, f"{_named(tokens)} cannot be {quoted}", _one_of(options), did_you_mean(written, options)
        )

    def _around(self, error: Any) -> Schema:
        """Return the schema that the failing keyword stands in."""
        return self._lookup(error.schema_path[:-1])

    def _lookup(self, path: Iterable[str | int]) -> Schema:
        node: Any = self._root
        for token in path:
            try:
                node = node[int(token) if isinstance(node, list) else token]
            except (KeyError, IndexError, TypeError, ValueError):
                return {}
        return node if isinstance(node, dict) else {}

    def _wish(self, error: Any, key: str = "") -> str:
        schema = self._around(error)
        if key:
            schema = schema.get("properties", {}).get(key, {})
        return str(schema.get("x-expected", ""))

    def _known_keys(self, schema: Any, seen: set[int]) -> Iterator[str]:
        if not isinstance(schema, dict) or id(schema) in seen:
            return
        seen.add(id(schema))
        yield from schema.get("properties", {})
        branches = [branch for keyword in _INNER for branch in schema.get(keyword, ())]
        branches += [schema[keyword] for keyword in ("then", "else") if keyword in schema]
        if "$ref" in schema:
            branches.append(self._target(schema["$ref"]))
        for branch in branches:
            yield from self._known_keys(branch, seen)

    def _target(self, reference: Any) -> Schema:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return {}
        return self._lookup(path_of(reference[1:]))


def _is_other_type(branch: Sequence[Any], tokens: Path) -> bool:
    return any(e.kind.name == "type" and tuple(e.instance_path) == tokens for e in branch)


def _types_of(branch: Sequence[Any]) -> list[str]:
    return [name for error in branch if error.kind.name == "type" for name in error.kind.value]


def _discriminators(branches: Sequence[Any]) -> tuple[Path, Any, list[str]] | None:
    """Return the one place where each branch wants another constant, with all of them."""
    if not branches:
        return None
    constants = [e for branch in branches for e in branch if e.kind.name == "const"]
    places = {tuple(error.instance_path) for error in constants}
    if len(constants) < len(branches) or len(places) != 1:
        return None
    return places.pop(), constants[0], [_word(error.kind.value) for error in constants]


def _is_deeper(branches: Sequence[Any], tokens: Path) -> bool:
    """Tell whether some branch has more to say than which of several keys or forms is missing."""
    if any(len(error.instance_path) > len(tokens) for branch in branches for error in branch):
        return True
    return len(branches) == 1 or not all(_lacks_key(branch, tokens) for branch in branches)


def _form_words(error: Any, branches: Sequence[Any], shaped: Sequence[Any], wish: str) -> tuple[str, str]:
    name = _named(tuple(error.instance_path))
    if len(branches) < len(error.kind.value):
        return f"{name} fits several forms at once", wish or "one of them"
    if not shaped:
        types = [each for branch in branches for each in _types_of(branch)]
        return f"{name} is {_kind(error.instance)}", wish or _or(types)
    keys = dict.fromkeys(branch[0].kind.value for branch in shaped)
    return f"{name} lacks a key", wish or _one_of(list(keys))


def _lacks_key(branch: Sequence[Any], tokens: Path) -> bool:
    return len(branch) == 1 and branch[0].kind.name == "required" and tuple(branch[0].instance_path) == tokens


def _distance(branch: Sequence[Any], tokens: Path) -> tuple[int, int, int]:
    """Rank how far a branch is from what was written: a wrong constant, keys that do not fit, errors."""
    wrong_kind = sum(error.kind.name == "const" for error in branch)
    misfits = ("required", "additionalProperties", "unevaluatedProperties")
    misfit = sum(error.kind.name in misfits and tuple(error.instance_path) == tokens for error in branch)
    return wrong_kind, misfit, len(branch)


def _named(tokens: Path) -> str:
    """Name a place for a sentence: its key, or the item of a list counted from 1."""
    if not tokens:
        return "the document"
    last = tokens[-1]
    if isinstance(last, str):
        return last
    listed = next((token for token in reversed(tokens) if isinstance(token, str)), "the list")
    return f"item {last + 1} of {listed}"


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    for python, name in ((bool, "true or false"), (str, "a text"), (list, "a list"), (dict, "a mapping")):
        if isinstance(value, python):
            return name
    return "a number"


def _problem(rule: str, value: Any) -> str:
    if rule == "type":
        return f"is {_kind(value)}"
    if rule in ("minItems", "maxItems", "minProperties", "maxProperties"):
        return f"has {len(value)} entries"
    if rule == "uniqueItems":
        return "has the same item twice"
    if rule == "not":
        return "is not allowed like this"
    return "does not have the right form" if isinstance(value, str) else "is out of range"


def _quotes_hint(rule: str, error: Any) -> str:
    plain = isinstance(error.instance, (bool, int, Decimal))
    return "write it in quotes" if rule == "type" and plain and "string" in error.kind.value else ""


def _word(option: Any) -> str:
    if isinstance(option, bool):
        return "true" if option else "false"
    return "nothing" if option is None else str(option)


def _one_of(words: Sequence[str]) -> str:
    if not words:
        return "no keys here"
    shown = ", ".join(words[:_SHOWN])
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"one of {shown}{more}" if len(words) > 1 else shown


def _or(types: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(_TYPES.get(name, name) for name in types))


def _anything(_value: Any) -> str:
    return ""


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": _or,
    "const": lambda value: f'"{_word(value)}"',
    "pattern": lambda pattern: f"text that matches {pattern}",
    "format": lambda name: f"text in the format {name}",
    "minLength": lambda limit: f"at least {limit} characters",
    "maxLength": lambda limit: f"at most {limit} characters",
    "minimum": lambda limit: f"at least {limit}",
    "maximum": lambda limit: f"at most {limit}",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "multipleOf": lambda step: f"a multiple of {step}",
    "minItems": lambda limit: f"at least {limit}",
    "maxItems": lambda limit: f"at most {limit}",
    "minProperties": lambda limit: f"at least {limit}",
    "maxProperties": lambda limit: f"at most {limit}",
    "uniqueItems": lambda _: "each item once",
}
