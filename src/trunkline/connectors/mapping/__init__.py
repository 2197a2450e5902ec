"""The mapping language: from one record to another, by JSONata expressions or a Python function.

Delivery maps events with it, the gate asks a compiled mapping what it reads and which of its numbers are
not exact, and the HTTP target uses it for request bodies. Expressions are JSONata
(https://docs.jsonata.org); paths, ``+ - *``, ``&``, comparisons and choices are evaluated here on exact
numbers, everything else by a JSONata engine with limits, which computes in binary floats.
"""

from __future__ import annotations

from trunkline.connectors.mapping.engine import Limits, quoted
from trunkline.connectors.mapping.expression import Expression, compile_expression
from trunkline.connectors.mapping.mapping import UNCHANGED, Mapping, MappingRefused, compile_mapping
from trunkline.connectors.mapping.problem import Problem

__all__ = [
    "UNCHANGED",
    "Expression",
    "Limits",
    "Mapping",
    "MappingRefused",
    "Problem",
    "compile_expression",
    "compile_mapping",
    "quoted",
]
