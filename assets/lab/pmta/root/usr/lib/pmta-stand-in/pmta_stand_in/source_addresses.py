"""From which address the next connection of a queue goes out: the virtual MTA's own in turn, without the disabled ones."""

import time
from dataclasses import dataclass

from . import units
from .spool import queue_matches

LARGEST_NETWORK = 1024


@dataclass(frozen=True)
class Source:
    address: 'str | None'  # None: as the host chooses
    host: str


class SourceAddresses:
    def __init__(self):
        self._turns = {}
        self._disabled = {}  # (address, queue pattern): when it comes back

    def pick(self, settings, queue):
        """A Source, or None where all of them are disabled for the queue."""
        every = _expanded(settings)
        if not every:
            return Source(None, settings.host_name)
        usable = [one for one in every if not self.is_disabled(one.address, queue)]
        if not usable:
            return None
        turn = self._turns.get(settings.vmta, 0)
        self._turns[settings.vmta] = turn + 1
        return usable[turn % len(usable)]

    def any_left(self, settings, queue):
        every = _expanded(settings)
        return not every or any(not self.is_disabled(one.address, queue) for one in every)

    def disable(self, address, pattern, until=float('inf')):
        self._disabled[str(address), pattern] = until

    def enable(self, address, pattern):
        """Whether it was disabled."""
        return self._disabled.pop((str(address), pattern), None) is not None

    def is_disabled(self, address, queue):
        return bool(self._disabled) and any(
            address == one and queue_matches(pattern, queue) for one, pattern, _ in self.disabled()
        )

    def disabled(self):
        """[(address, queue pattern, until)], those whose time is over left out."""
        now = time.time()
        for key in [key for key, until in self._disabled.items() if until <= now]:
            del self._disabled[key]
        return [(*key, until) for key, until in sorted(self._disabled.items())]

    def next_return(self, queue):
        return min((until for _, pattern, until in self.disabled() if queue_matches(pattern, queue)), default=float('inf'))


def _expanded(settings):
    found = []
    for network, host in settings.source_hosts():
        parsed = units.cidr(network)
        if parsed.num_addresses == 1:
            found.append(Source(str(parsed.network_address), host))
        else:
            found += [Source(str(one), host) for one, _ in zip(parsed.hosts(), range(LARGEST_NETWORK))]
    return found
