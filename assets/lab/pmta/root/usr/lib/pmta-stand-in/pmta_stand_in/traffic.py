"""Counts of what came in and went out: in total, and in the last minute and hour."""

import time

MINUTES = 60


class Traffic:
    """Sixty one-minute buckets, whatever the volume."""

    NAMES = ('msg', 'rcp', 'kb')

    def __init__(self):
        self.reset()

    def reset(self):
        self._total = {'in': self._zero(), 'out': self._zero()}
        self._buckets = {}

    @classmethod
    def _zero(cls):
        return dict.fromkeys(cls.NAMES, 0)

    def count(self, direction, messages, recipients, size):
        minute = int(time.time() // 60)
        if minute not in self._buckets:
            self._buckets = {key: one for key, one in self._buckets.items() if key > minute - MINUTES}
            self._buckets[minute] = {'in': self._zero(), 'out': self._zero()}
        for counts in (self._total, self._buckets[minute]):
            one = counts[direction]
            one['msg'] += messages
            one['rcp'] += recipients
            one['kb'] += size / 1024

    def shown(self):
        return {'total': _whole(self._total), 'lastHr': self._last(MINUTES), 'lastMin': self._last(1)}

    def _last(self, minutes):
        since = int(time.time() // 60) - minutes
        result = {'in': self._zero(), 'out': self._zero()}
        for minute, counts in self._buckets.items():
            if minute > since:
                for direction, names in counts.items():
                    for name, number in names.items():
                        result[direction][name] += number
        return _whole(result)


def _whole(counts):
    return {direction: {name: int(number) for name, number in names.items()} for direction, names in counts.items()}
