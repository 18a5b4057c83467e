"""How many recipients may still be tried: N in a window that begins with the first one after the window before it."""


class RateWindow:
    """Keeps a start and a count, whatever the limit, which may change from one question to the next."""

    def __init__(self):
        self._start = 0.0
        self._used = 0

    def room(self, rate, now):
        if rate is None:
            return float('inf')
        count, seconds = rate
        if now - self._start >= seconds:
            return count
        return max(0, count - self._used)

    def take(self, number, rate, now):
        if rate is None:
            return
        if now - self._start >= rate[1]:
            self._start, self._used = now, 0
        self._used += number

    def give_back(self, number):
        """What was taken for an attempt that never reached a server."""
        self._used = max(0, self._used - number)

    def opens_at(self, rate):
        return self._start + rate[1] if rate else 0.0

    def is_open(self, rate, now):
        """Whether forgetting this window would allow more than the rate."""
        return rate is not None and self._used > 0 and now - self._start < rate[1]
