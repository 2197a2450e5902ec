"""JUnit XML of a contract test, in the shape that CI servers read (Jenkins, GitLab, GitHub actions).

There is no standard; this keeps to what their readers have in common: ``testsuites`` of a ``testsuite`` for
each side, of a ``testcase`` each, with one ``failure`` or ``skipped``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from trunkline.app.testing.result import SIDES, Finding, Result
from trunkline.kernel import json

LONGEST = 2_000
"""How many characters of an example a person is shown; ``--json`` has all of it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)."""


def junit(results: Sequence[Result], properties: Mapping[str, str], at: str) -> bytes:
    """Return the report as UTF-8; ``at`` is when the test began (RFC 3339), ``properties`` how it was run."""
    root = ET.Element("testsuites", {"name": "trunkline contract test", **_counts(results)})
    for side in SIDES:
        of_side = [one for one in results if one.side == side]
        if of_side:
            root.append(_suite(side, of_side, properties, at))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(side: str, results: Sequence[Result], properties: Mapping[str, str], at: str) -> ET.Element:
    suite = ET.Element(
        "testsuite", {"name": f"contract.{side}", **_counts(results), "timestamp": at.removesuffix("Z")}
    )
    stated = ET.SubElement(suite, "properties")
    for name, value in properties.items():
        ET.SubElement(stated, "property", {"name": name, "value": _text(value)})
    for one in results:
        suite.append(_case(one))
    return suite


def _case(result: Result) -> ET.Element:
    named = {"name": _text(result.name), "classname": f"contract.{result.side}"}
    case = ET.Element("testcase", {**named, "time": f"{result.seconds:.3f}"})
    if result.outcome == "skipped":
        ET.SubElement(case, "skipped", {"message": _text(result.summary)})
        return case
    if result.outcome == "failed":
        kinds = ",".join(dict.fromkeys(one.kind for one in result.findings))
        about = {"message": _text(result.summary), "type": _text(kinds)}
        failure = ET.SubElement(case, "failure", about)
        failure.text = _text("\n\n".join("\n".join(told(one)) for one in result.findings))
    else:
        ET.SubElement(case, "system-out").text = _text(result.summary)
    return case


def told(finding: Finding) -> list[str]:
    """Return a finding as lines for a person."""
    seen = f" from {finding.first} to {finding.last}" if finding.first else ""
    sources = f", of {', '.join(finding.sources)}" if finding.sources else ""
    times = f"{finding.count:,} time{'' if finding.count == 1 else 's'}{seen}{sources}"
    lines = [f"{finding.kind}: {finding}"]
    if finding.count > 1 or finding.example is not None:
        lines.append(f"  {times}")
    if finding.place:
        lines.append(f"  first at {finding.place}")
    if finding.example is not None:
        text = json.encode(finding.example).decode()
        lines.append(f"  {text if len(text) <= LONGEST else text[:LONGEST] + ' ...'}")
    return lines


def _counts(results: Sequence[Result]) -> dict[str, str]:
    outcomes = [one.outcome for one in results]
    return {
        "tests": str(len(results)),
        "failures": str(outcomes.count("failed")),
        "errors": "0",
        "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(one.seconds for one in results):.3f}",
    }


def _text(text: str) -> str:
    """Return a text with what XML cannot hold written as an escape: a report has to parse in any case."""
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
