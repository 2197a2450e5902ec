"""The page on webhooks names every setting, scheme and option of a scheme, with the default it has."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from trunkline.intake import signatures
from trunkline.intake.asking import AskingSettings
from trunkline.intake.problem import SLUGS
from trunkline.intake.webhook import WebhookSettings
from trunkline.kernel.limits import Limits

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "webhooks.md").read_text("utf-8")


def rows(heading):
    """Return the cells of the table below a heading, by the name in the first of them."""
    table = PAGE.partition(heading)[2].partition("\n\n|")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", "|" + table, re.MULTILINE))


# Every setting of an entry has its row, and no row is left over.
def test_settings():
    assert set(rows("## Settings")) == {field.name for field in msgspec.structs.fields(WebhookSettings)}


# A bound that a webhook does not set is the process's own.
def test_bounds():
    limits = Limits()
    for name in ("body_bytes", "batch_events"):
        assert rows("## Settings")[name].endswith(f" {getattr(limits, name):,} ")


# Every signature scheme has its row.
def test_schemes():
    assert set(rows("## Schemes")) - {"verify"} == {*signatures.SCHEMES, "hmac"}


# Every option of a scheme by settings has its row.
def test_options_of_hmac():
    options = {field.name for field in msgspec.structs.fields(signatures.VerifyOptions)}
    assert set(rows('signed: "{timestamp}.{body}"')) == options


# Every setting that a request source has besides has its row, with its default.
def test_settings_of_a_request_source():
    own = set(AskingSettings.__struct_fields__) - set(WebhookSettings.__struct_fields__)
    shown = rows("## Requests that wait for an answer")
    defaults = {field.name: field.default for field in msgspec.structs.fields(AskingSettings)}
    assert {name: row.rpartition("|")[2].strip() for name, row in shown.items()} == {
        name: f"{defaults[name]:g}" for name in own
    }


# Every problem that an answer may lead to has its place on the page.
def test_problems():
    assert [slug for slug in SLUGS.values() if f'<a id="{slug}"></a>' not in PAGE] == []
