"""The gate's verdicts for a person: a table for each flow that is read on a phone as well."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trunkline.app.gate.values import Finding, Verdict

_MARKS = {"pass": "pass", "error": "MEND", "advice": "note"}
_NARROW = 80
"""Below this many columns a rule and what is found stand under each other."""


def lines(verdict: Verdict, width: int | None) -> Iterator[str]:
    """Yield the lines of one flow; ``width`` is that of the terminal, None stands for a pipe."""
    yield f"flow {verdict.flow} {_said(verdict)} ({verdict.file})"
    titles = max(len(one.title) for one in verdict.findings)
    for finding in verdict.findings:
        yield from _row(finding, titles, width)


def _said(verdict: Verdict) -> str:
    count = sum(one.status == "error" for one in verdict.findings)
    word = "passes the gate" if not count else f"does not pass the gate: {count} to mend"
    return f"is a draft and {word}" if verdict.draft else word


def _row(finding: Finding, titles: int, width: int | None) -> Iterator[str]:
    mark = _MARKS[finding.status]
    texts = [finding.shown, f"-> {finding.do}"] if finding.do else [finding.shown]
    if width is None:
        yield f"  {mark}  {finding.title:<{titles}}  {' '.join(texts)}"
        return
    if width < _NARROW:
        yield f"  {mark}  {finding.title}"
        head = indent = " " * 8
    else:
        head = f"  {mark}  {finding.title:<{titles}}  "
        indent = " " * len(head)
    for text in texts:
        yield from textwrap.wrap(
            text,
            width,
            initial_indent=head,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        head = indent
