"""The house rules, as an ordinary fast test: what CONTRIBUTING.md says, this file checks."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "trunkline"
MODULES = sorted(SOURCE.rglob("*.py"))
OURS = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MEDIAN_FUNCTION = 10
NINE_OF_TEN_FUNCTIONS = 30
MOST_PARAMETERS = 7

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, FUNCTION):
                yield path, node


def length(node) -> int:
    """Lines of a function's body; its docstring is prose and does not count."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno - body[0].lineno + 1) if body else 0


# A file is one idea: it fits into a reader's head.
def test_no_file_is_too_long():
    long = {
        relative(path): n for path in OURS if (n := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_no_function_is_too_long():
    long = {f"{relative(path)}:{node.lineno} {node.name}": length(node) for path, node in functions()}
    assert not {name: n for name, n in long.items() if n > LONGEST_FUNCTION}


def test_most_functions_are_short():
    lengths = sorted(length(node) for _, node in functions())
    assert statistics.median(lengths) < MEDIAN_FUNCTION
    assert lengths[len(lengths) * 9 // 10] < NINE_OF_TEN_FUNCTIONS


def test_no_function_takes_too_many_parameters():
    many = []
    for path, node in functions():
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if len([a for a in given if a.arg not in ("self", "cls")]) > MOST_PARAMETERS:
            many.append(f"{relative(path)}:{node.lineno} {node.name}")
    assert not many


def test_every_module_says_what_it_is_for():
    assert not [
        relative(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]


# A module that only declares (a docstring, a port, plain values) has nothing to run.
def test_every_module_has_a_test_file():
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    missing = []
    for path in {path for path, node in functions() if length(node)}:
        name = path.stem if path.stem != "__init__" else path.parent.name
        if not {f"test_{name}.py", f"test_{path.parent.name}_{name}.py"} & tests:
            missing.append(relative(path))
    assert not sorted(missing)


def test_nothing_is_left_to_do_later():
    words = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
    assert not [relative(path) for path in [*OURS, *PAGES] if words.search(path.read_text("utf-8"))]


# An exception without its reason is a rule that somebody switched off.
def test_every_linter_exception_carries_its_reason():
    bare = re.compile(r"# (?:noqa|type: ignore)(?:: ?[A-Z0-9, ]+|\[[a-z, -]+\])?\s*$")
    unargued = []
    for path in OURS:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if bare.search(line) or ("# noqa" in line and re.search(r"# noqa(?!: [A-Z])", line)):
                unargued.append(f"{relative(path)}:{number}")
    assert not [place for place in unargued if not place.startswith("tests/test_tidy.py")]


def test_every_ignored_lint_rule_and_dependency_carries_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^ignore = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    dependencies = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert block
    assert dependencies
    lines = [*block[1].splitlines(), *dependencies[1].splitlines()]
    assert not [line for line in lines if "#" not in line]


def test_every_link_between_pages_leads_somewhere():
    broken = []
    for page in PAGES:
        links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
        broken += [f"{relative(page)}: {link}" for link in links if not (page.parent / link).exists()]
    assert not broken


# The drawing and the rule are one: ARCHITECTURE.md's floors are the import contract's layers, but for
# the topmost, which holds the package's entry points and no room.
def test_the_floors_drawn_are_the_floors_kept():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    kept = [{room.strip() for room in floor.split("|")} for floor in layers[1:]]
    rows = re.findall(r"^\| \d \| ([^|]+) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    drawn = [set(re.findall(r"`([a-z]+)`", row)) for row in rows]
    assert drawn == kept
    assert {room for floor in kept for room in floor} == {
        path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()
    }


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_time_chance_and_identifiers_are_passed_in(path):
    allowed = {"clock.py", "ids.py"}
    if path.name in allowed and path.parent.name == "kernel":
        return
    asked = re.findall(
        r"\b(time\.time\w*|datetime\.now|uuid4|random\.(?!Random\()\w+)\(", path.read_text("utf-8")
    )
    assert not asked
