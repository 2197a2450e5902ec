"""What a user may say about a watched folder, and what is refused."""

import re
from pathlib import Path

import msgspec
import pytest

from trunkline.adapters.files.settings import FileSettings


def made(**settings):
    return msgspec.convert({"folder": "in", **settings}, FileSettings)


def test_a_folder_is_all_it_needs():
    """Every other setting has a default that fits an ordinary export."""
    settings = made()
    assert (settings.via, settings.format, settings.encoding, settings.header) == (
        "files",
        "auto",
        "utf-8",
        True,
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "hex"}, "encoding"),
        ({"encoding": "a\0b"}, "encoding"),
        ({"delimiter": "::"}, "delimiter"),
        ({"delimiter": "\n"}, "delimiter"),
        ({"quote": ""}, "quote"),
        ({"delimiter": '"'}, "different"),
        ({"header": []}, "header"),
        ({"header": ["a", "a"]}, "header"),
        ({"header": ["a", ""]}, "header"),
        ({"header": False}, "header"),
        ({"done": "../done"}, "not a path"),
        ({"failed": ".."}, "not a path"),
        ({"done": "x", "failed": "x"}, "different"),
        ({"settled_seconds": -1}, "settled_seconds"),
        ({"poll_seconds": 0}, "poll_seconds"),
        ({"batch_rows": 0}, "batch_rows"),
        ({"foldr": "in"}, "foldr"),
    ],
)
def test_what_cannot_work_is_refused_by_name(settings, said):
    """A setting that could only fail later is refused at once, by its name."""
    with pytest.raises(msgspec.ValidationError, match=said):
        made(**settings)


@pytest.mark.parametrize("encoding", ["cp1252", "UTF-16", "latin-1", "shift_jis", "cp037", "utf-8-sig"])
def test_encodings_go_by_any_name_python_knows(encoding):
    """Text encodings of Python are taken, in any spelling."""
    assert made(encoding=encoding).encoding == encoding


def test_the_reference_lists_every_setting_with_its_default():
    """The page that users read has each setting, and no other, with the default that holds."""
    page = (Path(__file__).parents[4] / "docs/reference/file-source.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .* \|$", page.split("## Which files")[0], re.MULTILINE)
    settings = FileSettings(folder="")
    assert sorted(name for name, _ in rows) == sorted(FileSettings.__struct_fields__)
    for name, said in rows:
        value = getattr(settings, name)
        shown = value if isinstance(value, list) else [str(value).lower()] if value else []
        assert said in {"found", "required"} if not shown else re.findall(r"`([^`]+)`", said) == shown, name
