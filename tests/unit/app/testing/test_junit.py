"""The report: what CI servers read of it, and that it parses whatever is in it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from trunkline.app.testing.junit import LONGEST, junit, told
from trunkline.app.testing.result import Finding, Result, skipped

AT = "2026-01-05T09:30:00Z"
FINDING = Finding("maxLength", "/id", "expected at most 3 characters", 2, {"id": "1234"}, "thing@1 offset 7")
RESULTS = [
    Result("producer", "thing@1.0.0", "failed", "4 records, 2 would be refused", 4, 2, (FINDING,), 0.25),
    Result("consumer", "give", "passed", "10 documents, none fails", 10, seconds=0.5),
    skipped("openapi", "shop.take", "no file"),
]


def parsed(results=RESULTS):
    return ET.fromstring(junit(results, {"seed": "0"}, AT))


# The counts of the whole and of each suite are what is in it, as readers of JUnit check.
def test_counts():
    root = parsed()
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "3",
        "1",
        "0",
        "1",
    )
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.tag == "testsuite"
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
        assert [one.get("value") for one in suite.findall("properties/property[@name='seed']")] == ["0"]
    assert [suite.get("name") for suite in root] == [
        "contract.producer",
        "contract.consumer",
        "contract.openapi",
    ]
    assert root[0].get("timestamp") == "2026-01-05T09:30:00"
    assert float(root.get("time")) == 0.75


# A failure has a message, a type and a text; every case a name, a class and a time.
def test_cases():
    root = parsed()
    failure = root.find(".//failure")
    assert (failure.get("message"), failure.get("type")) == ("4 records, 2 would be refused", "maxLength")
    assert "expected at most 3 characters" in failure.text
    assert "thing@1 offset 7" in failure.text
    assert root.find(".//skipped").get("message") == "no file"
    for case in root.iter("testcase"):
        assert case.get("name")
        assert case.get("classname").startswith("contract.")
        assert float(case.get("time")) >= 0


# Whatever text is in a finding, the report parses, and what XML can hold is in it as it was.
@given(st.text())
def test_it_always_parses(text):
    finding = Finding(text, text, text, 1, {"a": text.encode("utf-8", "replace").decode()}, expression=text)
    root = parsed([Result("consumer", text, "failed", text, 1, 1, (finding,))])
    plain = text.isprintable()
    assert root.find(".//failure").get("message") == text or not plain


# Control characters, halves of a surrogate pair and markup neither break nor pretend anything.
def test_strange_characters():
    root = parsed([Result("consumer", "a\x00\x1b[31m\ud800<b>&'\"", "failed", "x\ufffe", 1, 1, (FINDING,))])
    assert root.find(".//testcase").get("name") == "a\\u0000\\u001b[31m\\ud800<b>&'\""


# A long example is cut for people.
def test_a_long_example_is_cut():
    lines = told(Finding("a", count=3, example={"a": "x" * 10_000}, first=AT, last=AT, sources=("s",)))
    assert max(map(len, lines)) < LONGEST + 20
    assert f"3 times from {AT} to {AT}, of s" in lines[1]
