"""The contract reference page: its example loads, its code runs, its lists are the code's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from trunkline.contracts.contract import load
from trunkline.contracts.leaves import STRING_FORMATS
from trunkline.contracts.odcs import is_personal
from trunkline.contracts.violations import MOST
from trunkline.kernel.errors import ProjectError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "contracts.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_contract_loads_and_its_code_holds() -> None:
    """The page's order contract and the Python beside it run as printed."""
    order_yaml = blocks("yaml")[0]
    assert [field.pointer for field in load(order_yaml, "order.odcs.yaml").fields if field.personal] == [
        "/customer/email"
    ]
    exec(compile(blocks("python")[0], "contracts.md", "exec"), {"order_yaml": order_yaml})


def test_every_form_of_allowed_values_works() -> None:
    """Each of the three forms on the page accepts EUR and refuses USD."""
    for key, form in yaml.safe_load(blocks("yaml")[1]).items():
        prop = {"name": "currency", "logicalType": "string", key: form}
        odcs = {
            "apiVersion": "v3.2.0",
            "kind": "DataContract",
            "id": "x",
            "version": "1.0.0",
            "schema": [{"name": "x", "properties": [prop]}],
        }
        contract = load(yaml.safe_dump(odcs), "x.odcs.yaml")
        assert contract.check({"currency": "EUR"}) == ()
        assert contract.check({"currency": "USD"}), key


def test_the_printed_fault_is_what_is_said() -> None:
    """The misspelt key on the page is reported in the words that the page shows."""
    shown = re.search(r"order\.odcs\.yaml:\d+:\d+: (unknown key .*)", PAGE)
    assert shown is not None
    start, end = shown[1].split("...")
    with pytest.raises(ProjectError) as caught:
        load(blocks("yaml")[0].replace("required: true", "require: true", 1), "order.odcs.yaml")
    said = [fault for fault in str(caught.value).splitlines() if '"require"' in fault]
    assert len(said) == 1
    assert start in said[0]
    assert said[0].endswith(end)


def test_the_lists_on_the_page_are_complete() -> None:
    """Harmless classifications, personal tags, formats and the bound on faults are as the page says."""
    for word in ("public", "internal", "open", "unclassified", "none", "non-personal", "1"):
        assert f"`{word}`" in PAGE
        assert not is_personal(word, ())
    for tag in ("personal", "pii", "sensitive", "gdpr", "special-category"):
        assert f"`{tag}`" in PAGE
        assert is_personal("public", [tag])
    assert {"email", "uuid", "uri", "hostname", "ipv4", "ipv6"} <= STRING_FORMATS
    assert f"At most {MOST} faults" in PAGE
