"""Where a flow begins that was never anywhere, and when: at its stream's beginning or end, or at an instant.

``FlowRunner`` asks each time it opened the target; a flow that has a position keeps it. What lies below the
place was never the flow's: its fate there is ``skipped``. One that takes the place of others begins once they
have delivered what came before it, so that no entity's events overtake each other on the way to the target.
"""

from __future__ import annotations

from trunkline.connectors.target import Progress
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.ledger import Record
from trunkline.delivery.whole import fingerprint
from trunkline.eventlog.port import LogReader, StreamInfo


async def begin(flow: Flow, ports: Ports) -> int:
    """Put a flow without a position where it is to start; return 0, or the instant to wait for before.

    An atomic target comes first: its own progress is what such a flow goes on from.
    """
    if flow.start == "beginning" or await _is_somewhere(flow, ports):
        return 0
    now = ports.clock.now()
    if isinstance(flow.start, int) and flow.start > now:
        return flow.start
    cursor = await _place(flow, ports.log)
    if ports.target.features.atomic:
        last = await _last_event(flow, ports.log, cursor)
        await ports.target.deliver([], Progress(flow.progress_name, cursor, last_event=last))
    await ports.ledger.record(Record(flow.name, now, cursor))
    return 0


async def delayed_by(flow: Flow, ports: Ports, since: int) -> str:
    """Return which flow has something to deliver that came before ``since`` and before ``flow``, or nothing.

    Only a flow without a position waits, and only for what was accepted before the instant ``since``.
    """
    if not flow.after or await _is_somewhere(flow, ports):
        return ""
    extents = {one.stream: one for one in await ports.log.streams()}
    for name, stream in flow.after:
        if stream not in extents:
            continue
        position = await ports.ledger.position(name)
        left = await first_since(ports.log, extents[stream], since) - (position.cursor if position else 0)
        if left > 0 or (position is not None and position.owes):
            what = f"{left} events" if left > 0 else "events that wait or are dead letters"
            return f"flow {name} has {what} of {stream} to deliver before it, or their order would be lost"
    return ""


async def _is_somewhere(flow: Flow, ports: Ports) -> bool:
    if await ports.ledger.position(flow.name) is not None:
        return True
    return ports.target.features.atomic and await ports.target.progress(flow.progress_name) is not None


async def _place(flow: Flow, log: LogReader) -> int:
    info = next((one for one in await log.streams() if one.stream == flow.stream), None)
    if info is None:
        return 0
    return await first_since(log, info, flow.start) if isinstance(flow.start, int) else info.next


async def first_since(log: LogReader, info: StreamInfo, instant: int) -> int:
    """Return the offset of the first event accepted at or after an instant; the stream's end without one.

    Events stand in the order in which they were stored, and so in that of their acceptance but for those
    that were stored together.
    """
    low, high = info.first, info.next
    while low < high:
        middle = (low + high) // 2
        page = await log.read(info.stream, middle, 1)
        if page.events and page.events[0].recorded < instant:
            low = page.next
        else:
            high = middle
    return low


async def _last_event(flow: Flow, log: LogReader, cursor: int) -> str:
    page = await log.read(flow.stream, max(cursor - 1, 0), 1)
    if cursor == 0 or not page.events or page.base != cursor - 1:
        return ""
    return fingerprint(flow.stream, cursor - 1, page.events[0])
