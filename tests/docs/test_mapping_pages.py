"""What the pages on mappings and HTTP targets show is what the code takes."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import yaml

from trunkline.adapters.http.answer import _FAULTS, _REFUSED
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.connectors.mapping import Limits, compile_mapping
from trunkline.connectors.mapping.syntax import parse
from trunkline.kernel import json

DOCS = Path(__file__).resolve().parents[2] / "docs"
MAPPING = (DOCS / "reference" / "mapping.md").read_text("utf-8")
TARGET = (DOCS / "reference" / "http-target.md").read_text("utf-8")
HOW_TO = (DOCS / "how-to" / "deliver-to-http.md").read_text("utf-8")


def blocks(page, language):
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


# The first example maps as its page says.
def test_the_first_example() -> None:
    flow = yaml.safe_load(blocks(MAPPING, "yaml")[0])
    mapping = compile_mapping(flow["map"], when=flow["when"])
    record = b'{"item": {"code": "A"}, "on_hand": 3, "reserved": 1, "lines": [{"sku": "A", "price": 1.10}]}'
    expected = {"sku": "A", "quantity": 2, "price": {"amount": Decimal("1.10"), "currency": "GBP"}}
    assert mapping(json.decode(record)) == expected


# Every example in the table of what is exact is exact.
def test_every_exact_example_is_exact() -> None:
    table = MAPPING.partition("| part | example |")[2].partition("\n\n")[0]
    cells = [line.rsplit(" | ", 1)[1].removesuffix(" |") for line in table.splitlines()[2:]]
    examples = [text for cell in cells for text in re.findall(r"`` (.+?) ``|`([^`]+)`", cell)]
    assert len(examples) > 12
    for quoted, plain in examples:
        assert parse(quoted or plain) is not None, quoted or plain


# The example of a Python function runs.
def test_the_python_example(tmp_path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "stock.py").write_text(blocks(MAPPING, "python")[0])
    mapping = compile_mapping(yaml.safe_load(blocks(MAPPING, "yaml")[1]), tmp_path)
    assert mapping({"code": "A", "packs": 3, "price": 10}) == {"sku": "A", "price": Decimal("3.33")}
    assert mapping({"code": "A", "packs": 0, "price": 10}) is None


# Every limit is on the page with its default.
def test_every_limit_is_documented() -> None:
    for field in msgspec.structs.fields(Limits):
        assert f"| `{field.name}` | {field.default:,} |" in MAPPING


# The systems on the pages are read as they stand.
@pytest.mark.parametrize("text", [blocks(TARGET, "yaml")[0], blocks(HOW_TO, "yaml")[0]])
def test_the_systems(text) -> None:
    system = yaml.safe_load(text)
    entry = {
        key: value for key, value in system["accepts"][0].items() if key not in ("name", "contract", "via")
    }
    msgspec.convert(entry, HttpSettings)
    msgspec.convert(system["connection"], HttpConnection)
    msgspec.convert(entry | yaml.safe_load(blocks(HOW_TO, "yaml")[1]), HttpSettings)
    compile_mapping(yaml.safe_load(blocks(HOW_TO, "yaml")[2])["map"])


# Every setting and every kind of fault is on the page.
def test_every_setting_and_kind_is_documented() -> None:
    settings = {field.name for field in msgspec.structs.fields(HttpSettings)}
    connection = {field.name for field in msgspec.structs.fields(HttpConnection)}
    kinds = {fault.kind for fault in (*_FAULTS, _REFUSED)}
    for name in settings | connection | kinds:
        assert f"`{name}`" in TARGET
