"""Every error Trunkline raises on purpose, drawn as a tree.

::

    TrunklineError
     ├─ ProjectError          the folder of files is wrong; carries every fault with its place
     ├─ UsageError            what was asked is wrong in its own words: an unknown name, no such time
     ├─ SecretUnavailable     a secret reference that resolves to nothing
     ├─ RefusedError          an arrival we do not take; the sender must change something
     ├─ BusyError             an arrival we cannot take now; the sender should come back
     ├─ StoreError            our own storage failed
     │   ├─ StoreHeld           another process has it, perhaps for a moment
     │   ├─ StoreFull           no space left; reads and deliveries go on
     │   └─ Corrupt             a stored page does not carry what was sealed; it is never delivered
     ├─ GuaranteeError        a flow declares more than its log or target can give
     ├─ GateError             a flow does not pass the gate; every finding with its way out
     └─ DeliveryError         an attempt to deliver failed
         ├─ Retryable           the same attempt may succeed later
         ├─ Final               it will never succeed unchanged: a person has to look
         │   └─ Stop              and nothing else will: the receiver wants no more calls
         └─ Unsent              none was made, and the target has no part in it
             ├─ Superseded        a newer event of the entity took effect: it is dropped
             └─ Deferred          something else of the entity goes first: it is tried later

Whether an attempt is worth repeating is in the type. Driver errors are translated into this tree
where the driver is called; none of them crosses a port. Messages say what to do next and never
carry a secret or a personal value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trunkline.kernel.faults import Fault


class TrunklineError(Exception):
    """The root: catch this to catch everything Trunkline raises on purpose."""


class ProjectError(TrunklineError):
    """The project folder cannot be used; ``faults`` holds all that is wrong, not the first only."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class UsageError(TrunklineError):
    """What was asked is wrong in its own words, so nothing was done: it has to be asked otherwise."""


class SecretUnavailable(TrunklineError):
    """A ``secret://system/name`` reference resolves to nothing in any configured place."""


class RefusedError(TrunklineError):
    """An arrival that is not taken. ``status`` is the HTTP answer a webhook caller gets for it."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail


class BusyError(TrunklineError):
    """An arrival that cannot be taken now; nothing of it was stored."""

    def __init__(self, detail: str, retry_after_seconds: float) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class StoreError(TrunklineError):
    """Our own storage failed; what was not acknowledged is not stored."""


class StoreHeld(StoreError):
    """Another process has the store in the role that was asked for; a command has it for a moment only."""


class StoreFull(StoreError):
    """There is no space left to store a new event; free some, and intake goes on without a restart."""


class Corrupt(StoreError):
    """A stored page does not open with its key: it was damaged or altered, and is not delivered."""


class GuaranteeError(TrunklineError):
    """A flow declares a guarantee that its source, log, mapping or target cannot give."""


class GateError(TrunklineError):
    """A flow does not pass the gate: do what each finding says, or mark the flow a draft."""


class DeliveryError(TrunklineError):
    """An attempt to deliver failed. ``kind`` is a short stable class such as ``http-503`` or ``timeout``."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Retryable(DeliveryError):
    """The same attempt may succeed later. ``retry_after_seconds`` is the target's own wish, if it had one."""

    def __init__(self, kind: str, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(kind, detail)
        self.retry_after_seconds = retry_after_seconds


class Final(DeliveryError):
    """The attempt will never succeed unchanged; retrying would only make noise."""


class Stop(Final):
    """The receiver wants no more calls: its target is isolated until a person resets it."""


class Unsent(DeliveryError):
    """Nothing was sent: it says nothing about the target, and costs the event no attempt."""


class Superseded(Unsent):
    """The effect is not wanted any more: a newer event of its entity has had its own. It is dropped."""


class Deferred(Unsent):
    """The effect has to wait for something else of its entity."""
