"""A JSON Schema of any draft, told in 2020-12 and held by the validator of its own draft.

``confluent_evidence`` looks for counter-examples with what proves and refutes 2020-12; what it finds is put
to the draft's own validator, which has the last word.
"""

from __future__ import annotations

from typing import Any, Final

import jsonschema_rs

from trunkline.contracts.compat.confluent_drafts import (
    DRAFT_4,
    DRAFT_6,
    DRAFT_7,
    DRAFT_2019,
    DRAFT_2020,
    draft_of,
)
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.compat.parts import BY_NAME, PLAIN
from trunkline.contracts.compat.sides import Formats

_LATER: Final = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "dependentRequired", "dependentSchemas", "prefixItems"}
    | {"minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties"}
)
_CONDITION: Final = frozenset({"if", "then", "else"})
_UNKNOWN: Final = {
    DRAFT_4: frozenset({*_LATER, *_CONDITION, "const", "contains", "propertyNames", "$id"}),
    DRAFT_6: frozenset({*_LATER, *_CONDITION}),
    DRAFT_7: _LATER,
}
_VALIDATORS: Final[dict[Any, Any]] = {
    DRAFT_4: jsonschema_rs.Draft4Validator,
    DRAFT_6: jsonschema_rs.Draft6Validator,
    DRAFT_7: jsonschema_rs.Draft7Validator,
    DRAFT_2019: jsonschema_rs.Draft201909Validator,
    DRAFT_2020: jsonschema_rs.Draft202012Validator,
}
_BESIDE_A_REFERENCE: Final = frozenset({"$ref", "$defs", "definitions"})


def is_exact(schema: Schema) -> bool:
    """Tell whether what is proved of a translation is proved of the schema: in draft 4, 1.0 is no integer."""
    return draft_of(schema) != DRAFT_4


def translated(schema: Schema) -> Schema:
    """Return a schema of its draft in the words of 2020-12."""
    made: Schema = _translated(schema, draft_of(schema))
    return {key: value for key, value in made.items() if key != "$schema"} if isinstance(made, dict) else made


def validator(schema: Schema, formats: Formats) -> Any:
    """Return the validator of a schema by its own draft; raises ``ValueError`` where it has none."""
    try:
        return _VALIDATORS[draft_of(schema)](
            schema,
            formats=dict(formats.checks),
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, RecursionError) as error:
        raise ValueError(f"the schema cannot be used: {error}") from None


def _translated(schema: Any, draft: int) -> Any:
    if isinstance(schema, list):
        return [_translated(each, draft) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if draft in _UNKNOWN and isinstance(schema.get("$ref"), str):
        schema = {key: value for key, value in schema.items() if key in _BESIDE_A_REFERENCE}
    made = {
        key: value
        if key in PLAIN
        else {name: _translated(each, draft) for name, each in value.items()}
        if key in {*BY_NAME, "dependencies"} and isinstance(value, dict)
        else _translated(value, draft)
        for key, value in schema.items()
        if key not in _UNKNOWN.get(draft, ())
    }
    if draft != DRAFT_2020:
        _with_items(made)
    if draft in _UNKNOWN:
        _with_dependencies(made)
    return _with_exclusive_bounds(made) if draft == DRAFT_4 else made


def _with_items(made: dict[str, Any]) -> None:
    rest = made.pop("additionalItems", None)
    if isinstance(made.get("items"), list):
        made["prefixItems"] = made.pop("items")
        made |= {} if rest is None else {"items": rest}


def _with_dependencies(made: dict[str, Any]) -> None:
    stated = made.pop("dependencies", {})
    names = {name: each for name, each in stated.items() if isinstance(each, list)}
    schemas = {name: each for name, each in stated.items() if not isinstance(each, list)}
    made |= {"dependentRequired": names} if names else {}
    made |= {"dependentSchemas": schemas} if schemas else {}


def _with_exclusive_bounds(made: dict[str, Any]) -> dict[str, Any]:
    for bound, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and bound in made:
            made[exclusive] = made.pop(bound)
    return made
