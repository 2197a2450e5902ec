"""One flow, running: picks the way its target allows, and begins again from what is durable when it must.

The composition root makes one for each flow, awaits ``run`` in a task of its own, and calls ``stop``.
"""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.delivery.aside import AnyBearing
from trunkline.delivery.bearing import Bearing
from trunkline.delivery.control import Control
from trunkline.delivery.flow import Flow, Ports
from trunkline.delivery.lanes import Lanes
from trunkline.delivery.recording import Recording
from trunkline.delivery.retry import RetryPolicy, bound_seconds
from trunkline.delivery.starting import begin, delayed_by
from trunkline.delivery.whole import Whole
from trunkline.kernel.clock import SECOND, to_rfc3339
from trunkline.kernel.errors import Corrupt, DeliveryError, StoreError
from trunkline.kernel.signals import FlowStalled

PAUSES = RetryPolicy(first_seconds=1.0, factor=2.0, longest_seconds=60.0)
"""How long a flow waits that cannot go on for a reason of its own: 1 s, doubling up to a minute."""


TOLD_SECONDS = 60
"""How often a flow says that it waits for another one."""


class FlowRunner:
    """Delivers one stream to one target until it is stopped.

    ``bearing`` is what it shares with all other flows to its target; without it the target is its own.
    """

    def __init__(self, flow: Flow, ports: Ports, bearing: AnyBearing | None = None) -> None:
        self.flow = flow
        own = Bearing(ports.target.name, ports.clock, ports.ids, ports.signals)
        self._bearing: AnyBearing = bearing or own
        self._whole = Control(ports.clock)  # until it is stopped; a life ends with a pause as well
        self._control = Control(ports.clock)
        self._ports = replace(ports, ledger=Recording(flow, ports, self._whole))
        self._is_paused = False
        self._failures = 0
        self._made = ports.clock.now()
        self._told = 0

    async def run(self) -> None:
        """Deliver until ``stop``, then finish what is under way, record it, and return.

        While it is paused it rests, and begins again from what is durable when it is resumed. Where the
        target cannot be opened, or our own store fails, the flow says so by ``FlowStalled``, waits, and
        begins again. It opens its target and leaves closing it to whoever made it.
        """
        while not self._whole.stopping:
            self._whole.hear()
            if self._is_paused:
                await self._whole.wait(None, None)
                continue
            self._control = Control(self._ports.clock)
            try:
                if await self._open():
                    self._failures = 0
                    await self._begin()
            except (StoreError, DeliveryError) as error:
                await self._stay_away(error)

    def stop(self) -> None:
        """Ask ``run`` to finish; it returns once everything under way is recorded."""
        self._whole.stop()
        self._end_life()

    def pause(self) -> None:
        """Take nothing more until ``resume``: what is under way is finished and recorded."""
        self._is_paused = True
        self._end_life()

    def resume(self) -> None:
        """Let a flow that was paused go on."""
        self._is_paused = False
        self._whole.ring()

    def look(self) -> None:
        """Have the flow look at the ledger now: a dead letter was answered."""
        self._control.ring()

    def _end_life(self) -> None:
        self._control.stop()
        self._bearing.ring()

    async def _open(self) -> bool:
        """Open the target in its turn; one that cannot be opened is away for all its flows."""
        call = await self._bearing.turn(self._control)
        if call is None:
            return False
        try:
            await self._ports.target.open()
        except DeliveryError as error:
            self._stalled(error, self._bearing.away(call, error))
            return False
        except BaseException:
            self._bearing.forgo(call)
            raise
        self._bearing.forgo(call)
        return True

    async def _begin(self) -> None:
        why = await delayed_by(self.flow, self._ports, self._made)
        if why:
            await self._line_up(why)
            return
        until = await begin(self.flow, self._ports)
        if until:
            why = f"it starts with what is accepted from {to_rfc3339(until)} on"
            self._stalled(DeliveryError("start", why), until)
            await self._rest(until)
        else:
            await self._way().run()

    async def _line_up(self, why: str) -> None:
        """Look again soon, and say now and then what it waits for."""
        now = self._ports.clock.now()
        if now >= self._told:
            self._told = now + TOLD_SECONDS * SECOND
            self._stalled(DeliveryError("order", why), now + SECOND)
        await self._rest(now + SECOND)

    def _way(self) -> Whole | Lanes:
        way = Whole if self._ports.target.features.atomic else Lanes
        return way(self.flow, self._ports, self._control, self._bearing)

    async def _stay_away(self, error: StoreError | DeliveryError) -> None:
        now, chance = self._ports.clock.now(), self._ports.ids.chance()
        reason = error if isinstance(error, DeliveryError) else DeliveryError(_kind(error), str(error))
        self._failures += 1
        until = now + round(bound_seconds(PAUSES, self._failures) * (1 + chance) / 2 * SECOND)
        self._stalled(reason, until)
        await self._rest(until)

    async def _rest(self, until: int) -> None:
        while self._ports.clock.now() < until and not self._control.stopping:
            self._control.hear()
            await self._control.wait(until, None)

    def _stalled(self, error: DeliveryError, until: int) -> None:
        if until:
            self._ports.signals.emit(FlowStalled(self.flow.name, error.kind, error.detail, until))


def _kind(error: StoreError) -> str:
    """Tell a page that is damaged, which only its readers feel, from a store that does not work."""
    return "damaged" if isinstance(error, Corrupt) else "store"
