"""What names and candidates select."""

from __future__ import annotations

import pytest
from tests.unit.app.testing.projects import named, project, put, text

from trunkline.app.testing.selecting import select
from trunkline.kernel.errors import ProjectError, UsageError

ID = text("id", minLength=1)


@pytest.fixture
def loaded(tmp_path):
    return project(tmp_path / "p", [ID], [ID], {"map": {"id": "id"}})


def names(selection):
    return (
        [one.contract.ref for one in selection.contracts],
        [one.name for one in selection.flows],
        [one.name for one in selection.targets],
    )


# Without a word it is everything; a contract brings the flows and targets that its records pass.
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], (["taken@1.0.0", "thing@1.0.0"], ["give"], ["shop.take"])),
        (["thing"], (["thing@1.0.0"], ["give"], [])),
        (["taken@1"], (["taken@1.0.0"], ["give"], ["shop.take"])),
        (["contracts/thing.odcs.yaml"], (["thing@1.0.0"], ["give"], [])),
        (["give"], ([], ["give"], ["shop.take"])),
        (["shop.take"], ([], ["give"], ["shop.take"])),
    ],
)
def test_names(loaded, words, wanted):
    assert names(select(loaded, words, "")) == wanted


# A candidate stands in the place of its stream's contract, wherever that one is used.
def test_a_candidate(loaded, tmp_path):
    file = put(tmp_path / "new.odcs.yaml", named("taken", [ID], "1.1.0"))
    found = select(loaded, [], str(file))
    assert names(found) == (["taken@1.1.0"], ["give"], ["shop.take"])
    [tried] = found.contracts
    assert (tried.known.ref, tried.is_candidate) == ("taken@1.0.0", True)
    assert found.stand_in(loaded.contracts["taken@1"]) is tried.contract
    assert found.stand_in(loaded.contracts["thing@1"]).ref == "thing@1.0.0"


# A new major version is held against what came under the one before; one of a new name against nothing.
def test_a_candidate_of_another_stream(loaded, tmp_path):
    file = put(tmp_path / "new.odcs.yaml", named("thing", [ID], "2.0.0"))
    assert select(loaded, [], str(file)).contracts[0].known.ref == "thing@1.0.0"
    file = put(tmp_path / "new.odcs.yaml", named("other", [ID]))
    assert select(loaded, [], str(file)).contracts[0].known is None


# A candidate besides names is tested once, with what is named.
def test_a_candidate_and_names(loaded, tmp_path):
    file = put(tmp_path / "new.odcs.yaml", named("thing", [ID], "1.1.0"))
    found = names(select(loaded, ["thing", "taken"], str(file)))
    assert found == (["thing@1.1.0", "taken@1.0.0"], ["give"], ["shop.take"])


# Without a project there is only a candidate.
def test_without_a_project(tmp_path):
    file = put(tmp_path / "new.odcs.yaml", named("thing", [ID]))
    assert names(select(None, [], str(file))) == (["thing@1.0.0"], [], [])
    with pytest.raises(UsageError, match="no project here"):
        select(None, [], "")


# What is not there is named with the near miss; a file beside the project is pointed at --candidate.
def test_what_is_not_there(loaded, tmp_path):
    with pytest.raises(UsageError, match='did you mean "thing"'):
        select(loaded, ["thng"], "")
    file = put(tmp_path / "new.odcs.yaml", named("thing", [ID]))
    with pytest.raises(UsageError, match="--candidate"):
        select(loaded, [str(file)], "")
    with pytest.raises(UsageError, match="cannot be read"):
        select(loaded, [], str(tmp_path / "absent.yaml"))
    with pytest.raises(UsageError, match="is registered"):
        select(loaded, [], "thing@1.0.0")
    with pytest.raises(ProjectError):
        select(loaded, [], str(put(tmp_path / "bad.yaml", "kind: DataContract")))
