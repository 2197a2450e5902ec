"""``trunkline docs``: what a person and a program get."""

from __future__ import annotations

import json

from trunkline.surfaces.cli.exits import Exit


# A site is built into a folder, and again into the same one.
def test_build(trunkline, tmp_path):
    site = tmp_path / "site"
    for _ in range(2):
        code, out, _ = trunkline("docs", "build", "--out", site)
        assert code == Exit.OK
        assert out.startswith("Wrote 14 files into ")
    assert "2026-11-23" not in (site / "index.html").read_text("utf-8")
    code, out, _ = trunkline("docs", "build", "--out", site, "--date", "2026-11-23", "--json")
    assert "contracts/order@1.html" in json.loads(out)["files"]
    assert "2026-11-23" in (site / "index.html").read_text("utf-8")


# A folder with something else in it is refused.
def test_build_elsewhere(trunkline, folder):
    code, _, err = trunkline("docs", "build", "--out", folder)
    assert code != Exit.OK
    assert "holds something else" in err


# One file is printed; several need a folder.
def test_export(trunkline, tmp_path):
    code, out, _ = trunkline("docs", "export", "asyncapi")
    assert (code, json.loads(out)["asyncapi"]) == (Exit.OK, "3.0.0")
    code, out, _ = trunkline("docs", "export", "jsonschema", "order")
    assert json.loads(out)["$id"] == "urn:trunkline:contract:order:1.0.0"
    code, _, err = trunkline("docs", "export", "markdown")
    assert code == Exit.USAGE
    assert "these are 2 files" in err
    code, out, _ = trunkline("docs", "export", "markdown", "--out", tmp_path / "md", "--json")
    assert json.loads(out)["files"] == ["order@1.md", "warehouse-order@1.md"]
    assert (tmp_path / "md/order@1.md").read_text("utf-8").startswith("# order\n")


# A contract and a kind that are not there are refused.
def test_unknown(trunkline):
    code, _, err = trunkline("docs", "export", "markdown", "ordr")
    assert code == Exit.USAGE
    assert 'did you mean "order"' in err
    assert trunkline("docs", "export", "html")[0] == Exit.USAGE
