"""The guide to contract tests runs as it stands; the reference has every class of finding and every bound."""

from __future__ import annotations

import re
import shutil
from typing import get_args, get_type_hints

import msgspec
import pytest
import yaml
from tests.docs import shell
from tests.docs.blocks import ROOT, blocks_of

from trunkline.app.init import init
from trunkline.app.testing import consumer, openapi, operation, producer, shrinking, spec, suite
from trunkline.app.testing.result import Finding, Result
from trunkline.contracts.compat import sides

GUIDE = ROOT / "docs" / "how-to" / "test-contracts.md"
REFERENCE = (ROOT / "docs" / "reference" / "contract-tests.md").read_text("utf-8")


def write_files(folder):
    for block in blocks_of(GUIDE):
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text)


# Every command of the guide prints what the guide shows, in the project that init writes and with its files.
@pytest.mark.skipif(not shutil.which("bash"), reason="the guide needs bash")
def test_guide(tmp_path):
    folder = init(tmp_path / "shop").folder
    with shell.Shell(folder) as bash:
        for block, shown in shell.steps(GUIDE.read_text("utf-8")):
            if "crm" in block:
                write_files(folder)
            printed, code = bash.paste(block)
            assert shell.fits(shown, printed) or not shown, printed
            assert code == ("FAIL" in shown), printed


# The snippet for a CI is YAML whose commands are ours.
def test_ci_snippet():
    [block] = [one for one in blocks_of(GUIDE) if one.file.startswith(".github")]
    steps = yaml.safe_load(block.text)["jobs"]["test"]["steps"]
    assert "trunkline contract test --junit contracts.xml" in [step.get("run") for step in steps]


# Every class that a finding may have is in the reference, and every field of what is printed.
def test_classes_and_fields():
    code = "".join(
        path.read_text("utf-8") for path in sorted((ROOT / "src/trunkline/app/testing").glob("*.py"))
    )
    kinds = set(re.findall(r'Finding\(\s*"([a-z-]+)"', code)) | {"unreadable"}
    kinds |= set(get_args(get_type_hints(consumer.Failure)["kind"]))
    assert {f"`{kind}`" for kind in kinds} <= set(re.findall(r"`[a-z-]+`", REFERENCE))
    names = {field.name for one in (Finding, Result) for field in msgspec.structs.fields(one)}
    assert {f"`{name}`" for name in names} <= set(re.findall(r"`[a-z_]+`", REFERENCE))


# Every bound is what the reference says.
def test_bounds():
    asked = suite.Asked()
    bounds = [asked.last, asked.documents, producer.EXAMPLE_BYTES, consumer.MOST_FINDINGS]
    bounds += [consumer.MOST_OVER_LIMIT, shrinking.MOST_TRIES, sides.MAX_VALUES, sides.MAX_DEPTH]
    assert [bound for bound in bounds if f"{bound:,}" not in REFERENCE] == []
    assert spec.MOST_JSON_BYTES == 16 * 1_048_576
    assert openapi.MOST_FINDINGS == consumer.MOST_FINDINGS
    assert {"accept", "content-type", "authorization"} >= operation._IGNORED
