"""Every command, exit code, signal and setting is in the reference, and its examples run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import msgspec
import pytest

from trunkline.app import kpis, listening, model, trial
from trunkline.app.staleness import FlowStaleness, SourceStaleness
from trunkline.kernel import signals
from trunkline.observe import kpi
from trunkline.observe.logs import LEVELS, event_name
from trunkline.surfaces import api, cli
from trunkline.surfaces.cli.exits import Exit

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name):
    return (REFERENCE / name).read_text("utf-8")


# Every command and group member has its line.
def test_commands():
    names = list(cli.COMMANDS)
    names += [f"{group} {name}" for group, (_, members) in cli.GROUPS.items() for name in members]
    assert [name for name in names if f"`trunkline {name}" not in page("cli.md")] == []


# Every exit code has its line.
def test_exit_codes():
    assert set(map(int, re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE))) == set(
        map(int, Exit)
    )


# Every signal has its line, with its level and exactly its fields.
@pytest.mark.parametrize("kind", signals.Signal.__subclasses__())
def test_signals(kind):
    [line] = [
        line for line in page("signals.md").splitlines() if line.startswith(f"| `{event_name(kind)}` |")
    ]
    _, _, level, fields, *_ = line.split("|")
    assert level.strip() == LEVELS[kind]
    assert re.findall(r"`(\w+)`", fields) == [field.name for field in msgspec.structs.fields(kind)]


# Every key of every file is named.
@pytest.mark.parametrize(
    "struct",
    [
        value
        for module in (model, listening)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == module.__name__
    ],
)
def test_settings(struct):
    text = page("project.md")
    assert [
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if not re.search(rf"\b{field.encode_name}\b", text)
    ] == []


# The examples in docstrings run.
@pytest.mark.parametrize("module", [api, trial])
def test_docstring_examples(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


NAMES = [
    *cli.COMMANDS,
    *(f"{group} {name}" for group, (_, members) in cli.GROUPS.items() for name in members),
]
COMMON = {"--project", "--json", "--remote"}


def parts_of(line):
    """Return the table rows of the parts of the page that a command's line leads to."""
    text = page("cli.md")
    for title in re.findall(r"\]\(#([a-z-]+)\)", line):
        [part] = [
            one for one in text.split("\n## ") if one.splitlines()[0].lower().replace(" ", "-") == title
        ]
        yield from (row for row in part.splitlines() if row.startswith("| `--"))


# Every option of every command is in its line, or in a table that its line leads to, and no other is; those
# that all commands have are told above the commands.
@pytest.mark.parametrize("name", NAMES)
def test_options(name):
    [line] = [one for one in page("cli.md").splitlines() if re.match(rf"\| `trunkline {name}[ `]", one)]
    line = "\n".join([line, *parts_of(line)])
    command = cli.make_app(name.split())
    for word in name.split():
        command = command[word]
    options = {
        argument.names[0]
        for argument in command.assemble_argument_collection()
        if argument.index is None and argument.names[0].startswith("--")
    }
    assert {option for option in options - COMMON if f"`{option}" not in line} == set()
    assert {option for option in re.findall(r"`(--[a-z-]+)", line) if option not in options} == set()


# Every number of the KPIs has its definition.
@pytest.mark.parametrize("struct", [kpi.Kpis, kpis.View, kpis.Point, SourceStaleness, FlowStaleness])
def test_kpis(struct):
    text = page("kpis.md")
    names = {field.name for field in msgspec.structs.fields(struct)} - {"name", "kpis", "source", "stream"}
    assert [name for name in sorted(names - {"flow", "target"}) if f"`{name}`" not in text] == []
