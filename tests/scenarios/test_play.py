"""The demo: a whole retail day, through the command line, as its user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "trunkline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, env=environment, check=False)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "day"
    done = run("demo", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


# The stock is added up twice: by the flows into the table, and from the generated texts.
def test_every_article_ends_with_the_stock_that_was_sold(day):
    _, story = day
    assert story["articles"] == story["articles_right"] == 40


def test_every_order_the_shop_does_not_refuse_is_confirmed_once(day):
    _, story = day
    [flow] = [flow for flow in story["flows"] if flow["flow"] == "orders-to-shop"]
    [orders] = [source for source in story["sources"] if source["source"] == "shop/order"]
    assert story["confirmed"] == flow["delivered"]
    assert flow["delivered"] + flow["dead"] == orders["accepted"]


def test_what_broke_its_contract_is_in_quarantine_and_what_was_forged_is_not(day):
    folder, story = day
    refused = {source["source"]: source["refused"] for source in story["sources"]}
    listed = run("quarantine", "list", "--project", str(folder), "--limit", "1000", "--json")
    assert listed.returncode == 0, listed.stderr
    entries = [json.loads(line) for line in listed.stdout.splitlines()]
    # the rows of the export that came twice are kept once, and counted
    assert len({entry["id"] for entry in entries}) < sum(entry["count"] for entry in entries)
    arrivals = sum(entry["count"] for entry in entries)
    assert arrivals == refused["shop/order"]["contract"] + refused["till/sale"]["contract"]


def test_the_log_it_leaves_is_whole(day):
    folder, _ = day
    assert run("log", "verify", "--project", str(folder)).returncode == 0
