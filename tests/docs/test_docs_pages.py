"""The guide to contract docs runs as it stands, and its reference names everything that is added."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from tests.docs import shell
from tests.docs.blocks import ROOT
from tests.documented import demo

from trunkline.app.docs.asyncapi import asyncapi
from trunkline.app.docs.export import pretty
from trunkline.app.docs.join import joined
from trunkline.app.init import init
from trunkline.surfaces.docs.mount import SECURITY
from trunkline.surfaces.docs.site import KEPT_PAGES, Site

GUIDE = (ROOT / "docs" / "how-to" / "publish-contract-docs.md").read_text("utf-8")
REFERENCE = (ROOT / "docs" / "reference" / "docs-exports.md").read_text("utf-8")


# The guide's commands do what it says, in the project that init writes.
@pytest.mark.skipif(not shutil.which("bash"), reason="the guide needs bash")
def test_guide(tmp_path):
    init(tmp_path / "shop")
    with shell.Shell(tmp_path / "shop") as bash:
        for block, _ in shell.steps(GUIDE):
            printed, code = bash.paste(block)
            assert code == 0, printed
    folder = tmp_path / "shop"
    assert (folder / "public/index.html").exists()
    assert (folder / "docs/contracts/order@1.md").exists()
    assert (folder / "api/asyncapi.json").exists()


# Every file of a site, every key of ours in an export and every header is in the reference.
def test_reference(tmp_path):
    docs = joined(demo(tmp_path / "demo"))
    for path in Site(docs).paths:
        assert path in REFERENCE or path.startswith("contracts/")
    document = pretty(asyncapi(docs)).decode()
    assert set(re.findall(r'"(x-[a-z-]+)"', document)) <= set(re.findall(r"`(x-[a-z-]+)`", REFERENCE))
    for operation in json.loads(document)["operations"]:
        assert operation.split(".")[0] in ("send", "receive")
    words = REFERENCE.lower()
    assert [name for name, _ in SECURITY if name.decode() not in words and b"policy" not in name] == []
    assert f"keeps the {KEPT_PAGES} files" in REFERENCE
