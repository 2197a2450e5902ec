"""What was synced is there after a cut; of the rest anything may be, but nothing that was never written."""

from __future__ import annotations

import random

from trunkline.testkit.platter import (
    SECTOR_BYTES,
    Cut,
    FolderSynced,
    Made,
    Mark,
    Removed,
    Synced,
    Written,
    survivors,
)

FILE = [Made(1, "a"), FolderSynced(), Written(1, 0, b"old" * 500), Synced(1)]
OLD, NEW = b"old" * 500, b"new" * 500


def images(history, count=60, **given):
    return [survivors(history, random.Random(seed), **given) for seed in range(count)]


# What was synced survives every cut.
def test_synced_writes_survive():
    history = [*FILE, Written(1, 0, NEW), Synced(1), Mark("told")]
    assert images(history) == [{"a": NEW}] * 60


# What was not is dropped, kept, or torn at the border of a sector.
def test_unsynced_writes_are_dropped_kept_or_torn():
    found = {image["a"] for image in images([*FILE, Written(1, 0, NEW)])}
    assert {OLD, NEW} < found
    for content in found:
        for at in range(0, len(content), SECTOR_BYTES):
            sector = slice(at, at + SECTOR_BYTES)
            assert content[sector] in (OLD[sector], NEW[sector])


# A later write may reach the disk before an earlier one; what lies between is empty.
def test_writes_come_in_any_order():
    history = [*FILE, Written(1, 1500, b"x" * 36), Written(1, 2048, b"y" * 512)]
    found = {image["a"] for image in images(history, 300)}
    assert OLD + bytes(2048 - 1500) + b"y" * 512 in found


# A cut of the file that was not synced happened or not.
def test_a_cut_may_not_have_happened():
    assert {len(image["a"]) for image in images([*FILE, Cut(1, 10)])} == {10, 1500}
    assert {len(image["a"]) for image in images([*FILE, Cut(1, 10), Synced(1)])} == {10}


# A sync that failed settles any part of what went before it, and a later one does not bring that back.
def test_after_a_failed_sync_anything_may_be():
    history = [*FILE, Written(1, 0, NEW), Synced(1, whole=False), Written(1, 0, b"z"), Synced(1)]
    assert {b"z" + OLD[1:], b"z" + NEW[1:]} < {image["a"] for image in images(history)}


# A name is durable when its folder was synced: before, a new file may be missing and a removed one be there.
def test_names_are_durable_with_their_folder():
    made = [Made(1, "a"), Written(1, 0, OLD), Synced(1)]
    assert {frozenset(image) for image in images(made)} == {frozenset(), frozenset({"a"})}
    assert images([*made, FolderSynced()]) == [{"a": OLD}] * 60
    removed = [*FILE, Removed("a")]
    assert {frozenset(image) for image in images(removed)} == {frozenset(), frozenset({"a"})}
    assert images([*removed, FolderSynced()]) == [{}] * 60


# On a disk that lies nothing is durable from then on.
def test_a_disk_that_lies_keeps_nothing():
    history = [*FILE, Written(1, 0, NEW), Synced(1)]
    assert {"a": OLD} in images(history, lies_from=len(FILE))
