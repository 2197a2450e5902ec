"""JSON Lines (https://jsonlines.org): one JSON text a line; intake decodes it, we only find its line."""

from __future__ import annotations

from collections.abc import Iterator

from trunkline.adapters.files.lines import CUT_OFF, Block, Rules, examine
from trunkline.connectors.source import Arrival


def json_lines(blocks: Iterator[Block], rules: Rules) -> Iterator[Arrival]:
    """Yield an arrival for every line that is not blank."""
    file, prefix = rules.file, rules.identity
    for block in blocks:
        _, wrong = examine(block.lines, rules)
        if block.cut:
            wrong[len(block.lines) - 1] = CUT_OFF
        for index, line in enumerate(block.lines):
            raw = line.strip()
            fault = wrong.get(index, "")
            if raw or fault:
                number = block.first + index
                identity = f"{prefix}{number}" if prefix else ""
                yield Arrival(raw, f"{file} line {number}", identity, fault=fault)
