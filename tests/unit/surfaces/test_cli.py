"""The command line, in process: what it prints and what it ends with."""

from __future__ import annotations

import json

import pytest

from trunkline.app.init import init
from trunkline.surfaces import cli
from trunkline.surfaces.cli.exits import Exit


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


@pytest.fixture
def trunkline(capsys, folder):
    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([*arguments, "--project", str(folder)])
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


# Every command and group answers --help with an example.
@pytest.mark.parametrize(
    "words",
    [[name] for name in (*cli.COMMANDS, *cli.GROUPS)]
    + [[group, name] for group, (_, names) in cli.GROUPS.items() for name in names],
)
def test_help(capsys, words):
    with pytest.raises(SystemExit) as end:
        cli.main([*words, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    flat = " ".join(out.replace("│", " ").split())
    assert f"Example: trunkline {' '.join(words)}" in flat
    assert not {word for word in out.split() if word.startswith(("--no-", "--empty-"))}
    assert [said for said in ('[default: ""]', "[default: ()]", "[default: False]") if said in flat] == []


# The example that a group gives can be typed as it stands.
@pytest.mark.parametrize("group", cli.GROUPS)
def test_the_example_of_a_group(trunkline, capsys, monkeypatch, tmp_path, group):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        cli.main([group, "--help"])
    example = capsys.readouterr().out.split("Example: trunkline ")[1].split()
    assert trunkline(*example)[0] != Exit.USAGE


# A default that says something is shown.
def test_the_help_of_a_default(capsys):
    with pytest.raises(SystemExit):
        cli.main(["events", "--help"])
    out = capsys.readouterr().out
    assert "[default: 0]" in out
    assert "[default: 100]" in out


# What is missing is told with what it is for, and an example that has it.
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["target", "isolate", "a.b"], "--why is missing: Why, for whoever asks later."),
        (["replay", "cancel", "r1", "--why"], "--why is missing: Why, for whoever asks later."),
        (["dead", "discard", "flow"], "--why is missing: Why."),
        (["events"], "STREAM is missing: The stream, with its major version"),
        (["dead", "show", "flow"], "OFFSET is missing: Its offset in the stream."),
    ],
)
def test_what_is_missing(capsys, words, said):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    _, err = capsys.readouterr()
    assert end.value.code == 2
    assert said in err
    example = err.split("\nExample: trunkline ")[1].splitlines()[0]
    assert said.split()[0].startswith("-") == ("--why" in example)


# A misspelt option is told with the near miss.
def test_a_misspelt_option(capsys):
    with pytest.raises(SystemExit):
        cli.main(["target", "isolate", "a.b", "--whi", "x"])
    assert "Did you mean --why" in capsys.readouterr().err


# A wrong command, option or value is a usage error that names the near miss.
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], '"check"'),
        (["dead", "lst"], '"list"'),
        (["check", "--jsno"], "--jsno"),
        (["events"], "stream"),
        (["quarantine", "release", "--empty-ids"], "--empty-ids"),
        (["dead", "retry", "flow", "--no-all"], "--no-all"),
    ],
)
def test_usage_errors(capsys, words, said):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    out, err = capsys.readouterr()
    assert end.value.code == 2
    assert out == ""
    assert said.lower() in err.lower()
    assert "Traceback" not in err


# check ends with 0 or 1 and prints each fault; --json holds the same.
def test_check(trunkline, folder):
    code, out, _ = trunkline("check")
    assert (code, out.splitlines()[-1]) == (0, "No faults.")
    (folder / "flows/orders-to-warehouse.yaml").write_text("flow: x\n")
    code, out, _ = trunkline("check", "--json")
    report = json.loads(out)
    assert code == 1
    assert {fault["place"]["file"] for fault in report["faults"]} == {"flows/orders-to-warehouse.yaml"}
    assert trunkline("status")[0] == 3


# A record is published once, seen masked, traced and verified; a refused one waits in quarantine.
def test_the_way_of_a_record(trunkline, folder):
    example = str(folder / "examples/order.json")
    assert trunkline("publish", "order", "--file", example)[:2] == (
        0,
        "1 accepted, 0 duplicate, 0 refused.\n",
    )
    assert trunkline("publish", "order", "--file", example)[1] == "0 accepted, 1 duplicate, 0 refused.\n"
    code, out, _ = trunkline("events", "order", "--json")
    event = json.loads(out)
    assert (code, event["subject"], event["data"]["email"]) == (0, "1001", "***")
    assert (
        json.loads(trunkline("events", "order", "--json", "--reveal")[1])["data"]["email"]
        == "ada@example.com"
    )
    assert '"total":29.90' in out
    code, out, _ = trunkline("trace", event["correlation"], "--json")
    assert (code, json.loads(out)["events"][0]["fates"][0]["state"]) == (0, "pending")
    assert trunkline("trace", "nothing")[0] == 1
    assert json.loads(trunkline("status", "--json")[1])["flows"][0]["lag"] == 1
    assert json.loads(trunkline("log", "verify", "--json")[1]) == {"pages": 1, "damaged": []}
    bad = folder / "bad.json"
    bad.write_text('{"order_id": "2", "email": "bob@example.com"}')
    code, _, err = trunkline("publish", "order", "--file", str(bad))
    assert code == 1
    assert "bob" not in err
    entry = json.loads(trunkline("quarantine", "list", "--json")[1])
    assert "bob" not in trunkline("quarantine", "show", entry["id"])[1]
    assert trunkline("quarantine", "release", entry["id"])[0] == 1
    mended = folder / "mended.json"
    mended.write_text((folder / "examples/order.json").read_text().replace("1001", "1002"))
    assert trunkline("quarantine", "release", entry["id"], "--file", str(mended))[0] == 0
    assert trunkline("quarantine", "list", "--json")[1] == ""


# JSON Lines and arrays are cut into records whose numbers stay as they are; by line the same file is known.
def test_publish_forms(trunkline, folder):
    order = json.loads((folder / "examples/order.json").read_text())
    several = [json.dumps({**order, "event_id": f"e{n}", "total": 1}) for n in range(3)]
    (folder / "a.jsonl").write_text("\n".join(several) + "\n\n")
    (folder / "a.json").write_text("[" + ",\n".join(several) + "]")
    assert trunkline("publish", "order", "--file", str(folder / "a.jsonl"))[1].startswith("3 accepted")
    assert trunkline("publish", "order", "--file", str(folder / "a.json"))[1].startswith(
        "0 accepted, 3 duplicate"
    )
    by_line = ("publish", "order@1", "--identity", "line", "--file", str(folder / "a.json"))
    assert trunkline(*by_line)[1].startswith("3 accepted")
    assert trunkline(*by_line)[1].startswith("0 accepted, 3 duplicate")


# What a user gets wrong is one line and a code that means something, as JSON where JSON was asked for.
def test_mistakes(trunkline, folder):
    assert trunkline("publish", "ordr", "--file", str(folder / "examples/order.json"))[0] == 2
    code, out, err = trunkline("publish", "order", "--file", "/nowhere", "--json")
    assert (code, err, json.loads(out)["error"]["kind"]) == (6, "", "TrunklineError")
    (folder / "state/trunkline.key").chmod(0o644)
    code, _, err = trunkline("status")
    assert code == 5
    assert "chmod 600" in err
