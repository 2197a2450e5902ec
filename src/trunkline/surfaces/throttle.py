"""How often a token may be tried: a few times at once from an address, then slowly, and so all together."""

from __future__ import annotations

import ipaddress

from trunkline.kernel.clock import SECOND, Clock
from trunkline.kernel.rate import Bucket

FROM_ONE = Bucket(every=12 * SECOND, burst=5)
"""From one address: five at once, then one every 12 seconds."""

FROM_ALL = Bucket(every=2 * SECOND, burst=30)
"""All together: thirty at once, then one every 2 seconds."""

ADDRESSES = 1_000
"""How many addresses are known at a time; of more, the one that tried longest ago is forgotten."""

_NETWORK_BITS = 64
"""Who has an IPv6 address has its whole network of so many bits."""


class Throttle:
    """Counts tries; one that succeeded is given back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = FROM_ALL
        self._by_address: dict[str, Bucket] = {}

    def take(self, peer: str) -> int:
        """Count a try from an address: return 0, or how many seconds later it would be taken."""
        now, name = self._clock.now(), _network(peer)
        one, wait_one = self._by_address.pop(name, FROM_ONE).take(now)
        both, wait_all = self._all.take(now)
        wait = max(wait_one, wait_all)
        if wait:
            one = one if wait_one else one.put_back()
        else:
            self._all = both
        self._by_address[name] = one
        if len(self._by_address) > ADDRESSES:
            del self._by_address[next(iter(self._by_address))]
        return -(-wait // SECOND)

    def give_back(self, peer: str) -> None:
        """Forget a try that succeeded."""
        name = _network(peer)
        self._all = self._all.put_back()
        if name in self._by_address:
            self._by_address[name] = self._by_address[name].put_back()


def _network(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if address.version == 4:  # noqa: PLR2004  IPv4
        return peer
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
