"""From views to HTML."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

from trunkline.app.verdicts import WORST_FIRST
from trunkline.contracts.compat.difference import Effect
from trunkline.contracts.registry import version
from trunkline.delivery import ledger as delivery
from trunkline.delivery.replay import port as replays
from trunkline.observe.alerts import notices
from trunkline.surfaces.dashboard import render


# A static file's address changes with its bytes.
def test_addresses():
    assert re.fullmatch(r"/control/static/room\.js\?v=[0-9a-f]{12}", render.address("room.js"))


# Every state of a flow has a name, and a shape besides its colour.
def test_every_state_has_its_words():
    assert set(WORST_FIRST) <= render.LABELS.keys()
    assert {render.LEVELS.get(one, "quiet") for one in WORST_FIRST} <= render.MARKS.keys()
    assert len(set(render.MARKS.values())) == len(render.MARKS)


# Every word that a chip says of an event, a replay, an alert, a version or a change is written for people.
def test_every_chip_has_a_label():
    fates = {*get_args(delivery.State), *get_args(get_type_hints(delivery.Fate)["state"])}
    words = {one for kind in (replays.State, version.State, Effect, notices.State) for one in get_args(kind)}
    environment = render.environment()
    for name in environment.list_templates(["j2"]):
        source = environment.loader.get_source(environment, name)[0]
        words |= set(re.findall(r'm\.chip\("([\w-]+)"', source))
    told = {one for each in fates for one in (get_args(each) or (each,))}
    assert (told | words) - render.LABELS.keys() == set()


# No template marks anything as safe, and the script puts no text in as markup.
def test_nothing_is_safe():
    environment = render.environment()
    assert environment.autoescape
    for name in environment.list_templates(["j2"]):
        source = environment.loader.get_source(environment, name)[0]
        assert not re.search(r"\|\s*safe|autoescape|onclick| style=", source), name
    assert not re.search(rb"innerHTML|insertAdjacentHTML|eval\(", render.static("room.js"))
