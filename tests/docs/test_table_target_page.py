"""The pages on table targets say what the code does: every setting, its default, every kind of error."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from trunkline.adapters.sql import postgres_errors, sqlite_errors
from trunkline.adapters.sql.table import TableSettings, settings_faults
from trunkline.contracts.contract import load

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs/reference/table-target.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/deliver-to-a-table.md").read_text("utf-8")


def _examples(page):
    """Return the YAML examples of a page by the file that their first line names."""
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", page, re.DOTALL)
    return dict(blocks)


def test_every_setting_is_in_the_reference_with_its_default():
    """A setting that is not described, or described with another default, fails here."""
    told = dict(
        re.findall(
            r"^\| `(\w+)` \| (?:`(\w+)`|none|the contract's primary key)? ?\|", REFERENCE, re.MULTILINE
        )
    )
    for field in msgspec.structs.fields(TableSettings):
        assert field.name in told, field.name
        if field.default in (None, "", (), msgspec.NODEFAULT):
            assert told[field.name] == ""
        else:
            default = (
                field.default
                if isinstance(field.default, str)
                else msgspec.json.encode(field.default).decode()
            )
            assert told[field.name] == default.removesuffix(".0")


def test_every_kind_of_error_is_in_the_reference():
    """A kind that an operator may see is explained."""
    kinds = {kind for _, kind, _ in postgres_errors._FAILURES.values()}
    kinds |= {kind for kind, _ in postgres_errors._REFUSED.values()}
    kinds |= {kind for _, _, kind, _ in sqlite_errors._FAILURES}
    folder = ROOT / "src/trunkline/adapters/sql"
    source = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    kinds |= set(re.findall(r'(?:Final|Retryable)\(\s*"([a-z]+)"', source))
    assert {kind for kind in kinds if f"`{kind}`" not in REFERENCE} == set()
    assert len(kinds) > 15


def test_the_examples_are_settings_that_work():
    """The examples of both pages are read as settings and fit the contract of the guide."""
    contract = load(_examples(HOW_TO)["contracts/stock.odcs.yaml"], "stock.odcs.yaml")
    for page in (REFERENCE, HOW_TO):
        [accepted] = msgspec.yaml.decode(_examples(page)["systems/warehouse.yaml"])["accepts"]
        given = {name: value for name, value in accepted.items() if name not in ("name", "contract")}
        assert settings_faults(msgspec.convert(given, TableSettings), contract) == []
