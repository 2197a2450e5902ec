"""What README and docs show is what the code takes: YAML is read, Python runs, commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import msgspec
import pytest
import yaml
from cyclopts import CycloptsError
from tests.docs.blocks import PAGES, ROOT, all_blocks, blocks_of

from trunkline.app import schemas
from trunkline.app.alerting.faults import faults_of_flow, faults_of_project
from trunkline.app.alerting.settings import AlertSettings
from trunkline.app.init import init
from trunkline.app.model import FlowFile, ProjectFile
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.contracts.contract import load
from trunkline.contracts.document import Document
from trunkline.surfaces import cli

DOCS = ROOT / "docs"
PYTHON_RUN_ELSEWHERE = {f"docs/reference/{page}.md" for page in ("mapping", "contracts", "compatibility")} | {
    "docs/how-to/use-kafka-clients.md"
}
"""Pages whose Python runs in the tests of their own, with the YAML that stands beside it."""

FRAGMENTS = {
    "docs/reference/contracts.md",
    "docs/reference/mapping.md",
    "docs/how-to/monitor-with-prometheus.md",
}
"""Pages whose YAML beyond whole files, or of other programs, is held by the tests of their own."""

OTHER_PROGRAMS = {
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "curl",
    "export",
    "grep",
    "journalctl",
    "kill",
    "mkdir",
}
OTHER_PROGRAMS |= {"printf", "python3", "rm", "sed", "sqlite3", "systemctl", "tail", "useradd", "wait"}
NOT_COMMANDS = {"key id"}
"""A text that begins like a command: what the log's key ids are personalised with."""

CONTRACT = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "order", "version": "2", "status": "active"}
OWNER = {"team": "T", "contact": "t@example.com"}


def faults(text, file, schema):
    return [str(fault) for fault in schemas.faults_of(Document.load(text, file), schema)]


def faults_of_system(system, file):
    """Return what is wrong with a system file, or with part of one: what it leaves out is filled in."""
    text = yaml.safe_dump({"system": "any", "owner": OWNER} | system)
    schema = schemas.schema_of_system(yaml.safe_load(text), SOURCES, TARGETS)
    found = faults(text, file, schema)
    for accepted in system.get("accepts", ()):
        kind = TARGETS[accepted["via"]]
        if "connection" in system:
            found += faults(text, file, schemas.schema_of_connection(kind.connection))
    return found


def faults_of_block(block):
    value = yaml.safe_load(block.text)
    if not isinstance(value, dict):
        return [f"{block} is no mapping"]
    if value.get("kind") == "DataContract" or set(value) == {"customProperties"}:
        load(block.text if "kind" in value else yaml.safe_dump(CONTRACT | value), str(block))
        return []
    if "project" in value or "flow" in value:
        model = ProjectFile if "project" in value else FlowFile
        return faults(block.text, str(block), schemas.schema_of(model))
    if set(value) & {"system", "publishes", "accepts", "connection", "breaker", "retry_budget"}:
        return faults_of_system(value, str(block))
    if set(value) == {"alerts"} and block.file != "state/secrets.yaml":
        return faults_of_alerts(value, str(block))
    return faults_of_part(value, block)


def faults_of_alerts(value, file):
    """Return what is wrong with the alerts of a flow's file, or of ``trunkline.yaml``."""
    model, whole = ProjectFile, {"project": "any"} | value
    if isinstance(value["alerts"], list):
        model, whole = FlowFile, {"flow": "any", "from": "x@1", "to": "x.x"} | value
    document = Document.load(yaml.safe_dump(whole), file)
    found = schemas.faults_of(document, schemas.schema_of(model))
    if not found and model is ProjectFile:
        found = list(faults_of_project(document, msgspec.convert(document.value, model).alerts))
    elif not found:
        flow = msgspec.convert(document.value, model)
        found = list(faults_of_flow(document, flow.alerts, AlertSettings()))
    return [str(fault) for fault in found]


def faults_of_part(value, block):
    """Return what is wrong with a few settings of an entry, or with a file of secrets."""
    texts = [text for names in value.values() if isinstance(names, dict) for text in names.values()]
    of_secrets = block.page.endswith("keep-secrets.md") or block.file == "state/secrets.yaml"
    if of_secrets and texts and all(isinstance(text, str) for text in texts):
        return []
    if set(value) <= {"retry", "when_dead"}:
        whole = {"flow": "any", "from": "x@1", "to": "x.x"} | value
        return faults(yaml.safe_dump(whole), str(block), schemas.schema_of(FlowFile))
    if "verify" in value:
        entry = {"stream": "order", "via": "webhook", "path": "/x"} | value
        return faults_of_system({"publishes": [entry]}, str(block))
    if set(value) <= {"encoding", "delimiter", "header"}:
        entry = {"stream": "sale", "via": "files", "folder": "in"} | value
        return faults_of_system({"publishes": [entry]}, str(block))
    if set(value) == {"body"}:
        entry = {"name": "x", "contract": "x@1", "via": "http", "request": "PUT /x"} | value
        return faults_of_system({"accepts": [entry]}, str(block))
    return [f"{block}: what file is this a part of?"]


# Every YAML block of a project's files is read by the schemas that read a project.
@pytest.mark.parametrize("block", [one for one in all_blocks("yaml") if one.page not in FRAGMENTS], ids=str)
def test_yaml(block):
    texts = re.split(r"^(?=verify:)", block.text, flags=re.MULTILINE)
    for text in filter(str.strip, texts):
        part = type(block)(block.page, block.line, "yaml", text)
        assert faults_of_block(part) == []


# The check of YAML can fail: a misspelt key in a part of a file is told.
def test_yaml_that_is_wrong():
    assert faults_of_system({"publishes": [{"stream": "a", "via": "webhook", "pth": "/x"}]}, "x.yaml")
    assert faults_of_system(
        {
            "connection": {"url": "sqlite:///x"},
            "accepts": [{"name": "a", "contract": "a@1", "via": "table", "table": "a"}],
        },
        "x.yaml",
    )


def run_python(folder, *arguments):
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# No page has Python that nothing runs.
def test_every_python_block_is_run():
    run = {
        "docs/reference/avro.md",
        "docs/reference/python-api.md",
        "docs/how-to/write-a-mapping.md",
        "docs/how-to/add-a-connector.md",
    }
    assert {block.page for block in all_blocks("python")} == run | PYTHON_RUN_ELSEWHERE


# The examples of the Python API run one after the other beside the project that init writes.
def test_the_python_api(tmp_path):
    init(tmp_path / "shop")
    blocks = [one.text for one in blocks_of(DOCS / "reference" / "python-api.md") if one.language == "python"]
    (tmp_path / "page.py").write_text("\n".join(blocks))
    run_python(tmp_path, "-W", "error", "page.py")


# The mapping of the guide passes the test of the guide, in the project that init writes.
def test_the_python_mapping(tmp_path):
    init(tmp_path)
    for block in blocks_of(DOCS / "how-to" / "write-a-mapping.md"):
        if block.file:
            (tmp_path / block.file).parent.mkdir(exist_ok=True)
            (tmp_path / block.file).write_text(block.text)
    run_python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    run_python(tmp_path, "-m", "trunkline", "check")


# The connector of the guide passes the suite of its port.
def test_the_connector(tmp_path):
    target, suite = [
        one for one in blocks_of(DOCS / "how-to" / "add-a-connector.md") if one.language == "python"
    ]
    (tmp_path / "drop.py").write_text(target.text)
    (tmp_path / "test_drop.py").write_text(suite.text.replace("trunkline.adapters.drop.target", "drop"))
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\npythonpath = .\n"
    )
    run_python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_drop.py")


def commands(block):
    """Yield the words of every command of a shell block: continued lines joined, here-documents left out."""
    text = re.sub(r"<<'END'.*?^END$", "", block.text, flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        yield from split(words_of(line))


def words_of(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def split(words):
    """Split words at pipes and the like; redirections and assignments are no words of a command."""
    command = []
    for word in [*words, ";"]:
        if word in {"|", "&", "&&", ";", "||", "(", ")"}:
            if command:
                yield command
            command = []
        elif command or not re.match(r"[A-Z_]+=", word):
            command.append(word)


def without_redirections(command):
    kept = []
    passing = False
    for word, following in zip(command, [*command[1:], ""], strict=True):
        if passing or word in {">", "2>", ">>", "<", "2>&1", ">&"}:
            passing = not passing and word in {">", "2>", ">>", "<", ">&"}
        elif word not in {"1", "2"} or not following.startswith((">", "<")):
            kept.append(word)
    return kept


# Every trunkline command of a shell block is parsed by the command line itself: names, options and values.
@pytest.mark.parametrize("block", all_blocks("sh"), ids=str)
def test_shell(block):
    subprocess.run(["bash", "-n"], input=block.text.encode(), check=True, capture_output=True)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in commands(block):
        program, *arguments = command
        if program.endswith("trunkline"):
            parsed(without_redirections(arguments))
        elif program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), command
        else:
            assert program in OTHER_PROGRAMS, command


def parsed(arguments):
    tokens = [word.replace("$ENTRY", "x") for word in arguments]
    try:
        cli.make_app(tokens).parse_args(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise AssertionError(f"{arguments}: {error}") from None


# The check of commands can fail: an unknown option and an unknown command are told.
@pytest.mark.parametrize(
    "arguments", [["status", "--colour"], ["quarantine", "accept", "x"], ["dead", "retry"]]
)
def test_shell_that_is_wrong(arguments):
    with pytest.raises(AssertionError):
        parsed(arguments)


# A command named in running text is one that there is.
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_text(page):
    groups = cli.GROUPS
    for words in re.findall(r"`trunkline ([a-z][^`]*)`", page.read_text("utf-8")):
        if words in NOT_COMMANDS:
            continue
        first, *rest = words.split()
        assert first in {*cli.COMMANDS, *groups}, words
        if first in groups:
            assert rest, f"{words}: which of {', '.join(groups[first][1])}?"
            assert rest[0] in groups[first][1], words


# Every page is in the index, once at least.
def test_the_index_is_whole():
    index = (DOCS / "README.md").read_text("utf-8") + (DOCS / "decisions" / "README.md").read_text("utf-8")
    pages = [page for page in DOCS.rglob("*.md") if page.name != "README.md"]
    assert [page.name for page in pages if page.name not in index] == []


# A link to a part of a page leads to a heading or an anchor that is there.
def test_links_to_parts_of_pages():
    broken = []
    for page in PAGES:
        for target, part in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8")):
            if "://" in target:
                continue
            text = ((page.parent / target) if target else page).read_text("utf-8")
            anchors = set(re.findall(r'<a id="([^"]+)"', text))
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
                anchors.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
            if part not in anchors:
                broken.append(f"{page.name}: {target}#{part}")
    assert broken == []


# The unit of the guide is one that systemd takes; where there is no systemd, its keys are at least a unit's.
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze to ask")
def test_the_unit_file(tmp_path):
    [unit] = [one for one in blocks_of(DOCS / "how-to" / "run-under-systemd.md") if one.language == "ini"]
    text = unit.text.replace("/opt/trunkline/bin/trunkline", "/bin/true").replace(
        "User=trunkline", "User=root"
    )
    file = tmp_path / "trunkline-shop.service"
    file.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "trunkline-shop" in line]
    assert said == []
