"""The gate's verdicts as a page of Markdown, to attach to a change request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trunkline.app.gate.values import Finding, Verdict
from trunkline.kernel.faults import Fault

_WORDS = {"pass": "passes", "error": "**to mend**", "advice": "advice"}


def markdown(project: str, verdicts: Sequence[Verdict], faults: Sequence[Fault]) -> str:
    """Return the page: a line for each flow, each fault of the files, then each flow rule by rule."""
    return "\n".join([*_summary(project, verdicts), *_faults(faults), *_flows(verdicts)]) + "\n"


def _summary(project: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield f"# Gate of {_plain(project) or 'a project that cannot be read'}"
    yield ""
    yield "| flow | file | verdict | to mend | advice |"
    yield "| --- | --- | --- | ---: | ---: |"
    for one in verdicts:
        yield f"| {one.flow} | {_plain(one.file)} | {said(one)} | {len(one.errors)} | {len(one.advice)} |"
    if not verdicts:
        yield "| (no flow that could be read) | | | | |"


def said(verdict: Verdict) -> str:
    """Return a verdict in a word or two."""
    word = "passes" if verdict.passes else "refused"
    return f"draft, {word if verdict.passes else 'would be refused'}" if verdict.draft else word


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    if faults:
        yield from ("", "## Faults of the files", "")
        yield from (f"- {_plain(str(fault))}" for fault in faults)


def _flows(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for one in verdicts:
        yield from ("", f"## {one.flow}: {said(one)}", "")
        yield "| rule | result | what is so | what to do |"
        yield "| --- | --- | --- | --- |"
        yield from map(_row, one.findings)


def _row(finding: Finding) -> str:
    cells = (finding.title, _WORDS[finding.status], _plain(finding.shown), _plain(finding.do))
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return a text that is only text in a cell, whatever is in a project's files."""
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())
