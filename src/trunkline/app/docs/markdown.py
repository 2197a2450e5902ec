"""A contract as a Markdown page (CommonMark with GitHub's tables) that any Git host shows.

Every text of a contract is text here too: what would be markup, links or HTML in it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from trunkline.app.docs.model import ContractPage, Release
from trunkline.contracts.docs.model import NO_EXAMPLE, ContractDoc, FieldDoc
from trunkline.kernel import json

_MARKUP = re.compile(r"[\\`*{}\[\]<>&|~#$!]|(?<![^\W_])_|_(?![^\W_])|^[-+=]")
_NUMBERED = re.compile(r"^(\d+)([.)])(?= |$)")
_SPACE = re.compile(r"\s+")
_RUNS = re.compile("`+")


def file_name(doc: ContractDoc) -> str:
    """Return what the page is called: ``order@1.md``."""
    return f"{doc.stream}.md"


def markdown(page: ContractPage) -> str:
    """Return a contract's page."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: ContractPage) -> Iterator[str]:
    doc = page.contract
    yield f"# {text(doc.title)}"
    if doc.description:
        yield from ("", text(doc.description))
    yield from _section("", ("", ""), _about(page))
    yield from _section(
        "## Fields", ("field", "type", "required", "meaning", "asked of it", "example"), _fields(doc)
    )
    levels = [
        (one.property, f"{one.value} {one.unit}", one.element, one.description or one.schedule or one.driver)
        for one in doc.service_levels
    ]
    yield from _section("## Service levels", ("promise", "value", "of", "meaning"), levels)
    published = [(one.name, one.how, one.where) for one in page.sources]
    yield from _section("## Published by", ("source", "by", "where"), published)
    consumed = [(one.name, one.target.name, one.freshness, one.delivery) for one in page.flows]
    yield from _section("## Consumed by", ("flow", "target", "freshness", "delivery"), consumed)
    accepted = [(one.name, one.via, one.where) for one in page.targets]
    yield from _section("## Accepted by", ("target", "by", "where"), accepted)
    yield from _changes(page.releases)
    if doc.example is not NO_EXAMPLE:
        yield from ("", "## Example", "", *_fenced(_pretty(doc.example)))


def _about(page: ContractPage) -> Iterator[tuple[str, str]]:
    doc = page.contract
    personal = ", ".join(one.path for one in doc.personal)
    said = {
        "Stream": doc.stream,
        "Version": doc.version,
        "State": doc.state,
        "Owner": ", ".join(page.owners),
        "Team": ", ".join(f"{one.name} ({one.role})" if one.role else one.name for one in doc.team),
        "Use": doc.usage,
        "Limits": doc.limitations,
        "Domain": doc.domain,
        "Data product": doc.data_product,
        "Tags": ", ".join(doc.tags),
        "Personal data": personal or "none",
        "May be kept": doc.retention,
        "Legal basis": doc.legal_basis,
    }
    yield from ((key, value) for key, value in said.items() if value)


def _fields(doc: ContractDoc) -> Iterator[Sequence[str]]:
    for one in doc.all_fields:
        asked = [*one.roles, *one.constraints, *(["personal"] if one.personal else [])]
        meaning = ": ".join(part for part in (one.title, one.meaning) if part)
        example = "" if one.fields else _shown(one)
        yield one.path, one.type, "yes" if one.required else "", meaning, "; ".join(asked), example


def _shown(field: FieldDoc) -> str:
    return "" if field.example is NO_EXAMPLE else json.encode(field.example).decode()


def _changes(releases: Sequence[Release]) -> Iterator[str]:
    if not releases:
        return
    yield from ("", "## Changes")
    for one in releases:
        yield from ("", f"### {text(one.version)}, {text(one.at)}", "", text(f"{one.author}: {one.reason}"))
        changes = one.difference.changes if one.difference else ()
        rows = [
            (each.pointer or "/", each.kind, each.detail, each.backward, each.forward) for each in changes
        ]
        yield from _section("", ("where", "what", "change", "backward", "forward"), rows)


def _section(heading: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    if heading:
        yield from ("", heading)
    yield from ("", _row(columns), _row(["---"] * len(columns), raw=True))
    yield from (_row(row) for row in listed)


def _row(cells: Sequence[Any], *, raw: bool = False) -> str:
    return "| " + " | ".join(str(cell) if raw else text(str(cell)) for cell in cells) + " |"


def text(value: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    line = _SPACE.sub(" ", value).strip()
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(_escaped, line))


def _escaped(match: re.Match[str]) -> str:
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(match[0], "\\" + match[0])


def _fenced(code: str) -> Iterator[str]:
    longest = max((len(run) for run in _RUNS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}json", code, fence)


def _pretty(value: Any) -> str:
    return msgspec.json.format(json.encode(value), indent=2).decode()
