"""Credentials in the text of a project's files are found, and nothing else is called one."""

from __future__ import annotations

import random
import re
import string

import pytest
from tests.docs.blocks import ROOT, all_blocks

from trunkline.app.check import check
from trunkline.app.gate.admission import admit
from trunkline.app.leaks import KNOWN, leaks, leaks_of
from trunkline.app.project import Project
from trunkline.kernel.errors import ProjectError

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
MIXED, HEX = UPPER + LOWER + DIGITS, DIGITS + "abcdef"
FLOW = "flows/orders-to-warehouse.yaml"


def chance(letters, count, seed=1):
    """Return so many letters: what stands for a secret is made here, so that none stands in the file."""
    made = random.Random(f"{letters}{count}{seed}")
    return "".join(made.choice(letters) for _ in range(count))


PIECES = [
    ("-----BEGIN RSA ", "PRIVATE KEY-----"),
    ("-----BEGIN OPENSSH ", "PRIVATE KEY-----"),
    ("AKIA", chance(UPPER + DIGITS, 16)),
    ("ASIA", chance(UPPER + DIGITS, 16)),
    ("ghp_", chance(MIXED, 36)),
    ("gho_", chance(MIXED, 36)),
    ("github_pat_", chance(MIXED, 22) + "_" + chance(MIXED, 59)),
    ("glpat-", chance(MIXED, 20)),
    ("xoxb-", "2345678901-" + chance(MIXED, 24)),
    ("xapp-", "1-A0123456789-" + chance(HEX, 20)),
    ("https://hooks.slack.com/", "services/T01234567/B01234567/" + chance(MIXED, 24)),
    ("sk_live_", chance(MIXED, 24)),
    ("rk_test_", chance(MIXED, 24)),
    ("whsec_", chance(MIXED, 32)),
    ("AIza", chance(MIXED, 35)),
    ("GOCSPX-", chance(MIXED, 28)),
    ("ya29.", chance(MIXED, 60)),
    ("SG.", chance(MIXED, 22) + "." + chance(MIXED, 43)),
    ("SK", chance(HEX, 32)),
    ("key-", chance(HEX, 32)),
    ("npm_", chance(MIXED, 36)),
    ("pypi-", "AgEIcHlwaS5vcmc" + chance(MIXED, 60)),
    ("shpat_", chance(HEX, 32)),
    ("sq0atp-", chance(MIXED, 22)),
    ("EAAA", chance(MIXED, 60)),
    ("sk-", chance(MIXED, 48)),
    ("sk-ant-", "api03-" + chance(MIXED, 80)),
    ("hf_", chance(MIXED, 34)),
    ("dop_v1_", chance(HEX, 64)),
    ("AccountKey=", chance(MIXED, 86) + "=="),
    ("123456789:", "AA" + chance(MIXED, 33)),
    ("eyJ" + chance(MIXED, 30), ".eyJ" + chance(MIXED, 80) + "." + chance(MIXED, 43)),
    ("hvs.", chance(MIXED, 90)),
    ("dapi", chance(HEX, 32)),
    ("ATATT3", chance(MIXED, 60)),
    ("NRAK-", chance(UPPER + DIGITS, 27)),
    ("PMAK-", chance(HEX, 24) + "-" + chance(HEX, 34)),
    ("AGE-SECRET-", "KEY-1" + chance(UPPER + DIGITS, 58)),
]


# Keys of many issuers are found by their form wherever they stand, a comment too, with line and column.
@pytest.mark.parametrize(("head", "tail"), PIECES, ids=lambda text: text[:6])
@pytest.mark.parametrize("line", ["header: {value: '%s'}", "TOKEN = '%s'", "# it was %s"])
def test_known_forms(head, tail, line):
    [fault] = leaks_of(f"first: 1\n{line % (head + tail)}\n", "systems/x.yaml")
    assert (fault.place.file, fault.place.line) == ("systems/x.yaml", 2)
    assert fault.place.column > 1
    assert tail not in str(fault)


# Every kind that is known has an example above.
def test_every_kind_is_tried():
    texts = [head + tail for head, tail in PIECES]
    assert [one.what for one in KNOWN if not any(re.search(one.pattern, text) for text in texts)] == []


# What has no form is found in a URL, under the name of a credential, and by its letters.
@pytest.mark.parametrize(
    ("before", "secret", "after", "what"),
    [
        ("postgres: 'postgresql://app:", "pw" + "4711", "@db.example.com/shop'", "a password in a URL"),
        ("url: https://:", "pw" + "4711", "@h/", "a password in a URL"),
        ("password: ", "s0mmer" + "zeit", "", "under the name"),
        ("DB_PASSWORD = '", "s0mmer" + "zeit", "'", "under the name"),
        ("client = Client(api_key='", "k" * 5 + "1" * 5, "')", "under the name"),
        ("{'token': '", "abc" + "123456", "'}", "under the name"),
        ("blob: ", chance(MIXED + "+/", 44), "", "random"),
        ("blob = '", chance(HEX, 48), "'", "random"),
    ],
)
def test_unknown_forms(before, secret, after, what):
    [fault] = leaks_of(before + secret + after, "mappings/x.py")
    assert what in fault.problem
    assert fault.place.column == len(before) + 1
    assert secret not in str(fault)


# References, placeholders, paths, digests, trace ids and UUIDs are no credentials.
@pytest.mark.parametrize(
    "line",
    [
        "auth: {bearer: secret://shop/api-token}",
        "url: https://user:${PASSWORD}@h/",
        "url: https://user:<password>@h/",
        "password: ${DB_PASSWORD_1}",
        "password: customer.password2",
        "{name: token, logicalType: string, required: true}",
        "token: 12",
        "token = row['token']",
        "sha256: " + chance(HEX, 64),
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "id: 01a206cd-70ef-7952-b284-0ee646a71cfc",
        "path: /hooks/shop/orders/of/the/north/Region2026/v12",
        "LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'",
        "connection: {url: http://127.0.0.1:8080/a@b}",
    ],
)
def test_what_is_none(line):
    assert list(leaks_of(line, "x.yaml")) == []


# A line says that it holds none and why; without a reason it is asked for one.
def test_saying_that_it_is_none():
    line = "blob: " + chance(MIXED, 40) + "  # no-secret:"
    assert list(leaks_of(f"{line} the public key of the till\n", "x.yaml")) == []
    [fault] = leaks_of(f"{line}\n", "x.yaml")
    assert "without a reason" in fault.problem


# The template, the demo, our own code, the projects of the stories and the documentation hold none.
def test_nothing_of_ours():
    paths = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.yaml"), *(ROOT / "src").rglob("*.tmpl")]
    paths += [*(ROOT / "tests/scenarios").rglob("*.py"), *(ROOT / "tests/simulation").rglob("*.py")]
    found = [str(each) for path in paths for each in leaks_of(path.read_text("utf-8"), str(path))]
    for language in ("yaml", "python", "sh"):
        found += [str(each) for one in all_blocks(language) for each in leaks_of(one.text, str(one))]
    assert found == []


# A project's YAML and mappings are read, its file of secrets is not, wherever that stands.
def test_the_files_of_a_project(folder):
    secret = "ghp_" + chance(MIXED, 36)
    (folder / "mappings" / "more").mkdir()
    for file in ("mappings/more/x.py", "contracts/notes.yml", "secrets.yaml", "state/kept.yaml"):
        (folder / file).write_text(f"x = '{secret}'\n")
    found = [fault.place.file for fault in leaks(folder, folder / "secrets.yaml")]
    assert sorted(found) == ["contracts/notes.yml", "mappings/more/x.py"]


# It is a fault of check, a finding of its flow, and keeps the project from running, draft or not.
def test_a_leak_in_a_project(folder, edit):
    secret = "ghp_" + chance(MIXED, 36)
    edit(FLOW, "needs:", f"draft: true  # {secret}\nneeds:")
    report = check(folder)
    assert [fault.place.file for fault in report.faults] == [FLOW]
    [finding] = [one for one in report.gate[0].findings if one.rule == "secrets"]
    assert (finding.status, report.passes) == ("error", False)
    assert secret not in str(report)
    with pytest.raises(ProjectError):
        admit(Project.load(folder), report.faults, allow_draft=True)


# What reading a system's file has told of is not told twice.
def test_a_leak_that_is_told_already(folder, edit):
    secret = "ghp_" + chance(MIXED, 36)
    edit("systems/shop.yaml", "bearer: secret://shop/webhook", f"bearer: {secret}")
    faults = check(folder).faults
    assert [fault for fault in faults if "GitHub" in fault.problem] == []
    assert any("credential" in fault.problem for fault in faults)
