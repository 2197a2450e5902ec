"""A second and a third major version of the written project's orders, each with casts to the one before."""

from __future__ import annotations

SECOND = {
    "up": {
        "event_id": "event_id",
        "order_id": "order_id",
        "revision": "revision",
        "changed_at": "changed_at",
        "state": "status",
        "buyer.email": "email",
        "cents": "total * 100",
        "lines": "lines",
    },
    "down": {
        "event_id": "event_id",
        "order_id": "order_id",
        "revision": "revision",
        "changed_at": "changed_at",
        "status": "state",
        "email": "buyer.email",
        "total": "cents * 0.01",
        "lines": "lines",
    },
}
THIRD = {way: dict(fields) for way, fields in SECOND.items()}
THIRD["up"] |= {"state": "state", "buyer.email": "buyer.email", "cents": "cents", "items": "lines"}
THIRD["down"] |= {"state": "state", "buyer.email": "buyer.email", "cents": "cents", "lines": "items"}
del THIRD["up"]["lines"], THIRD["down"]["status"], THIRD["down"]["email"], THIRD["down"]["total"]


def second(folder, casts=SECOND):
    """Write ``order@2``: a status is a state, an address is the buyer's, and money is counted in cents."""
    text = (folder / "contracts/order.odcs.yaml").read_text("utf-8")
    text = text.replace("- name: status", "- name: state")
    text = text.replace(
        """      - name: total
        logicalType: number
        physicalType: decimal(12,2)   # money never passes through binary floats
""",
        """      - name: cents
        logicalType: integer
""",
    )
    start, end = text.index("      - name: email"), text.index("      - name: cents")
    email = "".join(f"    {line}\n" for line in text[start:end].splitlines())
    buyer = f"      - name: buyer\n        logicalType: object\n        properties:\n{email}"
    return _write(folder, text[:start] + buyer + text[end:], 2, casts)


def third(folder, casts=THIRD):
    """Write ``order@3``: lines are items."""
    text = (folder / "contracts/order-2.odcs.yaml").read_text("utf-8")
    start, end = text.index("      - property: cast\n"), text.index("    properties:\n")
    text = (text[:start] + text[end:]).replace("- name: lines", "- name: items")
    return _write(folder, text.replace("version: 2.0.0", "version: 1.0.0"), 3, casts)


def _write(folder, text, major, casts):
    ways = "".join(
        f"          {way}:\n" + "".join(f"            {name}: {one!r}\n" for name, one in fields.items())
        for way, fields in casts.items()
    )
    cast = f"      - property: cast\n        value:\n          before: order@{major - 1}\n{ways}"
    text = text.replace("version: 1.0.0", f"version: {major}.0.0").replace(
        "    properties:\n", f"{cast}    properties:\n" if casts else "    properties:\n", 1
    )
    path = folder / f"contracts/order-{major}.odcs.yaml"
    path.write_text(text, "utf-8")
    return path


def move(folder, major=2, *, flow="orders-2"):
    """Have the shop's old webhook lead to a later major version, and a flow of its own read it as before."""
    system = folder / "systems/shop.yaml"
    text = system.read_text("utf-8")
    said = "stream: order@1" if "stream: order@1" in text else "stream: order\n"
    system.write_text(
        text.replace(said, f"stream: order@{major}\n    as: order@1" + ("\n" if said.endswith("\n") else "")),
        "utf-8",
    )
    if flow:
        old = (folder / "flows/orders-to-warehouse.yaml").read_text("utf-8")
        new = old.replace("flow: orders-to-warehouse", f"flow: {flow}")
        new = new.replace("from: order@1", f"from: order@{major}\nas: order@1")
        (folder / f"flows/{flow}.yaml").write_text(new, "utf-8")
