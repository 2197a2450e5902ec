"""A project as files for other tools."""

from __future__ import annotations

import pytest
from tests.documented import SECRET, demo, harmful

from trunkline.app.docs.export import KINDS, exported, pretty
from trunkline.kernel.errors import UsageError


# Each kind has its files, of every contract or of one.
def test_files(tmp_path):
    project = demo(tmp_path / "demo")
    assert list(exported(project, "asyncapi")) == ["asyncapi.json"]
    assert list(exported(project, "markdown")) == [
        "confirmation@1.md",
        "order@1.md",
        "sale@1.md",
        "stock@1.md",
    ]
    assert list(exported(project, "jsonschema", "order")) == ["order@1.0.0.schema.json"]


# A contract that is not there is refused with the near miss.
def test_unknown(tmp_path):
    with pytest.raises(UsageError, match='did you mean "order"'):
        exported(demo(tmp_path / "demo"), "markdown", "ordr")


# The same project gives the same bytes, and no example of a personal field is in any of them.
@pytest.mark.parametrize("kind", KINDS)
def test_bytes(tmp_path, kind):
    project = harmful(tmp_path / "p")
    files = exported(project, kind)
    assert exported(project, kind) == files
    assert SECRET.encode() not in b"".join(files.values())


# JSON ends with a line end, so that version control has nothing to say.
def test_pretty():
    assert pretty({"a": 1}) == b'{\n  "a": 1\n}\n'
