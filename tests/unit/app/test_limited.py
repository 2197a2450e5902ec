"""A target is as wide as its system allows, and tells whether it takes what it should."""

from __future__ import annotations

import pytest

from trunkline.app.limited import Limited
from trunkline.app.model import SystemLimits
from trunkline.connectors.target import Features
from trunkline.kernel.errors import Final, Retryable


class Opening:
    """A target that opens once its errors are used up."""

    name = "shop.stock"
    features = Features(atomic=False, batch=1, concurrency=8)

    def __init__(self, *errors):
        self.errors = list(errors)

    async def open(self):
        if self.errors:
            raise self.errors.pop(0)


# A target promises no more calls at a time than its system allows, nor than it takes itself.
@pytest.mark.parametrize(("allowed", "promised"), [(2, 2), (20, 8), (None, 8)])
def test_a_target_is_no_wider_than_its_system(allowed, promised):
    target = Limited(Opening(), SystemLimits(concurrency=allowed), print)
    assert target.features == Features(atomic=False, batch=1, concurrency=promised)


# Whether the target takes what it should is told at each opening; one that is only away says nothing.
async def test_a_misfit_is_told():
    said = []
    opening = Opening(Final("table", "no column price"), Retryable("connect", "refused"))
    target = Limited(opening, SystemLimits(), said.append)
    for kind in (Final, Retryable):
        with pytest.raises(kind):
            await target.open()
    await target.open()
    assert said == ["no column price", ""]
