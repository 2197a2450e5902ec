"""The page of metrics and the metrics are one: every one has its line, and every line is one."""

from __future__ import annotations

import re

import pytest
import yaml
from tests.docs.blocks import ROOT, blocks_of

from trunkline.observe.metrics import METRICS

PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")


# Each metric stands in its part with its kind, its labels and what it is, in order.
@pytest.mark.parametrize(("part", "process"), [("From the store", False), ("Of a process", True)])
def test_metrics(part, process):
    [text] = re.findall(rf"^## {part}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    told = [tuple(row) for row in rows if row[0].startswith("`trunkline_")]
    assert told == [
        (f"`{one.name}`", one.kind, ", ".join(f"`{label}`" for label in one.labels), one.help)
        for one in METRICS
        if one.process == process
    ]


# Every metric that a guide or a rule of it names is one that there is.
def test_guides_name_metrics_that_there_are():
    names = {one.name for one in METRICS}
    for page in (ROOT / "docs").rglob("*.md"):
        found = set(
            re.findall(
                r"\btrunkline_[a-z_]+(?:_total|_bytes|_seconds|_events|_letters|_ready|_up|_paused)\b",
                page.read_text("utf-8"),
            )
        )
        assert {re.sub(r"_(count|sum)$", "", name) for name in found} <= names, page


# What the guide has for Prometheus is YAML: a scrape of a door, and rules of which each has what it asks for.
def test_files_for_prometheus():
    blocks = blocks_of(ROOT / "docs" / "how-to" / "monitor-with-prometheus.md")
    files = {block.file: yaml.safe_load(block.text) for block in blocks if block.language == "yaml"}
    [scrape] = files["prometheus.yml"]["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": ["127.0.0.1:8080"]}]
    [group] = files["rules.yml"]["groups"]
    names = {one.name for one in METRICS}
    for rule in group["rules"]:
        asked = set(re.findall(r"trunkline_\w+", rule["expr"]))
        assert asked, rule["alert"]
        assert asked <= names
