"""What a system's file says of people."""

from __future__ import annotations

from trunkline.app.model import Owner, SystemFile

E_COMMERCE = Owner("E-commerce", "ecommerce@example.com")
SALES = Owner("Sales", "sales@example.com")


# Who owns a system answers for its data too, unless somebody else is named.
def test_who_answers_for_the_data():
    assert SystemFile(system="shop", owner=E_COMMERCE).answering == E_COMMERCE
    assert SystemFile(system="shop", owner=E_COMMERCE, data_owner=SALES).answering == SALES
