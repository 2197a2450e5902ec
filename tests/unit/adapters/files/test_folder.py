"""What lies in the folder, what has settled, and where files go."""

import os

import pytest

from trunkline.adapters.files.content import Stamp
from trunkline.adapters.files.folder import Folder, Found, Waiting
from trunkline.adapters.files.settings import FileSettings


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "in", FileSettings(folder="in", pattern="*.csv*"))
    made.prepare()
    return made


def put(folder, name, data=b"a\n1\n", mtime=1_000):
    path = folder.path / name
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))


def names(found):
    return [file.name for file in found]


def test_files_come_by_their_change_then_by_name(folder):
    """The oldest change first; of equal ones the first name."""
    put(folder, "c.csv", mtime=1)
    put(folder, "b.csv", mtime=2)
    put(folder, "a.csv", mtime=2)
    assert names(folder.look()) == ["c.csv", "a.csv", "b.csv"]


def test_only_regular_files_of_wanted_names_are_seen(folder, tmp_path):
    """Links, folders, pipes, hidden and half-written files, and other names are left alone."""
    put(folder, "a.csv")
    for name in (".a.csv", "a.csv.part", "a.csv.tmp", "a.csv~", "a.csv.partial", "notes.txt"):
        put(folder, name)
    (tmp_path / "secret.csv").write_bytes(b"outside\n")
    (folder.path / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder.path / "folder.csv").mkdir()
    os.mkfifo(folder.path / "pipe.csv")
    assert names(folder.look()) == ["a.csv"]


def test_a_finished_file_lies_in_done_with_its_refusals(folder):
    """The file is in done as it was, and beside it the refused rows by place and reason."""
    put(folder, "a.csv")
    [file] = folder.look()
    moved = folder.finish(file, [{"place": "a.csv line 2", "reasons": ["no price"]}])
    assert moved == "done/a.csv"
    assert (folder.path / moved).read_bytes() == b"a\n1\n"
    faults = (folder.path / "done/a.csv.faults.jsonl").read_text()
    assert faults == '{"place":"a.csv line 2","reasons":["no price"]}\n'
    assert folder.look() == []


def test_a_name_that_is_taken_gets_a_number(folder):
    """Nothing in done is ever overwritten."""
    moved = []
    for number in range(3):
        put(folder, "a.csv.gz", data=b"%d" % number)
        moved.append(folder.finish(folder.look()[0], []))
    assert moved == ["done/a.csv.gz", "done/a-2.csv.gz", "done/a-3.csv.gz"]
    assert [(folder.path / name).read_bytes() for name in moved] == [b"0", b"1", b"2"]


def test_a_failed_file_lies_beside_its_reason(folder):
    """What cannot be read goes to failed, with words that say why."""
    put(folder, "a.csv")
    assert folder.fail(folder.look()[0], "it is not gzip") == "failed/a.csv"
    assert (folder.path / "failed/a.csv.reason.txt").read_text() == "a.csv was not read: it is not gzip\n"


def test_a_file_exchanged_since_it_was_read_is_not_moved(folder):
    """A new export under the old name stays and is read in its turn."""
    put(folder, "a.csv")
    [file] = folder.look()
    put(folder, "a.csv", data=b"new export\n", mtime=2_000)
    with pytest.raises(FileNotFoundError):
        folder.finish(file, [])
    assert (folder.path / "a.csv").read_bytes() == b"new export\n"


def test_done_is_made_again_where_somebody_removed_it(folder):
    """Tidying up the done folder does not stop the source."""
    put(folder, "a.csv")
    (folder.path / "done").rmdir()
    assert folder.finish(folder.look()[0], []) == "done/a.csv"


def seen(name, size, mtime=0):
    return Found(name, Stamp(1, 1, size, mtime))


def test_a_file_is_due_when_it_stayed_the_same_long_enough():
    """Each change of size or time starts the wait anew."""
    waiting = Waiting(settled_seconds=2)
    assert waiting.due([seen("a", 1)], now=0) == []
    assert waiting.next_due() == 2
    assert waiting.due([seen("a", 2)], now=1.9) == []
    assert waiting.due([seen("a", 2, mtime=1)], now=3.8) == []
    assert waiting.due([seen("a", 2, mtime=1)], now=5.7) == []
    assert names(waiting.due([seen("a", 2, mtime=1)], now=5.8)) == ["a"]


def test_a_taken_file_is_not_due_until_it_changes_or_comes_back():
    """What is being read is left out; under the same name, another file is another matter."""
    waiting = Waiting(settled_seconds=0)
    file = seen("a", 1)
    assert waiting.due([file], now=0) == [file]
    waiting.take(file)
    assert waiting.due([file], now=9) == []
    assert waiting.next_due() is None
    assert waiting.due([seen("a", 2)], now=9) == [seen("a", 2)]
    waiting.take(seen("a", 2))
    waiting.put_back(seen("a", 2), due_at=12)
    assert waiting.due([seen("a", 2)], now=11) == []
    assert waiting.due([seen("a", 2)], now=12) == [seen("a", 2)]
    waiting.take(seen("a", 2))
    assert waiting.due([], now=13) == []
    assert waiting.due([seen("a", 2)], now=14) == [seen("a", 2)]


def test_with_nothing_known_everything_is_due_again():
    """Begun again, a source reads what was taken and never settled."""
    waiting = Waiting(settled_seconds=0)
    waiting.take(seen("a", 1))
    waiting.forget()
    assert names(waiting.due([seen("a", 1)], now=0)) == ["a"]
