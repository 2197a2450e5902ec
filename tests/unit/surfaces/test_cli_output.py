"""What is printed: whole lines into a pipe, one document for a program, and errors beside them."""

from __future__ import annotations

import json

import pytest

from trunkline.kernel.errors import ProjectError, StoreError
from trunkline.kernel.faults import Fault, Place
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.exits import Exit


# Into a pipe a row is one line, however long, so that grep and cut work.
def test_rows_stay_whole(capsys):
    output.table(("id", "n", "x"), [("a" * 100, 1234, ""), ("b", 5, None)], ["word " * 60, ""])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].count("word") == 60
    assert "1,234" in lines[1]
    assert "-" in lines[2].split()


# What looks like markup is text.
def test_no_markup(capsys):
    output.table(("x",), [("[bold]a[/bold]",)])
    assert "[bold]a[/bold]" in capsys.readouterr().out


# A document is one line of JSON with exact numbers.
def test_a_document(capsys):
    output.document({"n": 1.5, "t": "é\n"})
    assert json.loads(capsys.readouterr().out) == {"n": 1.5, "t": "é\n"}


# An error is one line to standard error, or a document; every fault of a project is its own line.
@pytest.mark.parametrize("as_json", [True, False])
def test_failures(capsys, as_json):
    assert output.failure(StoreError("the disk is gone"), as_json=as_json) is Exit.STORE
    out, err = capsys.readouterr()
    assert "the disk is gone" in (out if as_json else err)
    assert (err if as_json else out) == ""
    faults = [Fault(Place("a.yaml", n, 1), "wrong") for n in (1, 2)]
    output.failure(ProjectError(faults), as_json=as_json)
    out, err = capsys.readouterr()
    if as_json:
        assert len(json.loads(out)["error"]["faults"]) == 2
    else:
        assert err.splitlines() == ["a.yaml:1:1: wrong", "a.yaml:2:1: wrong"]


# Without a terminal progress is not drawn.
def test_no_progress_into_a_pipe(capsys):
    with output.progress("working", 10) as advance:
        advance(5)
    assert capsys.readouterr() == ("", "")
