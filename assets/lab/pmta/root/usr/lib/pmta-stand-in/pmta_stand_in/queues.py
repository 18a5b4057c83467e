"""The queues of delivery, one for each domain and virtual MTA: what waits, until when, and in which mode."""

import heapq
import itertools
import time
from collections import deque
from dataclasses import dataclass, field

from .queue_settings import NEVER, QueueSettings
from .rate_window import RateWindow

ORDER = itertools.count()


@dataclass(eq=False)
class Job:
    """A message for those of its recipients who are in one queue and are due together."""

    entry: dict
    recipients: list
    attempts: int = 0
    next_try: float = 0.0
    last_reply: str = ''


@dataclass(eq=False)
class Queue:
    name: str
    ready: deque = field(default_factory=deque)
    delayed: list = field(default_factory=list)  # heap of (when, order, Job)
    in_flight: set = field(default_factory=set)  # Jobs
    mode: str = 'normal'
    normal_at: float = NEVER  # when backoff ends
    next_try: float = 0.0  # before this, nothing is tried
    connect_after: float = 0.0  # before this, no connection is opened; open ones go on
    failures: int = 0  # connections that failed in a row
    last_error: str = ''
    last_error_time: float = 0.0
    mode_since: float = field(default_factory=time.time)
    connections: int = 0
    expires: float = NEVER  # when the oldest recipient does
    window: RateWindow = field(default_factory=RateWindow)
    connect_window: RateWindow = field(default_factory=RateWindow)
    timer: object = None
    _settings: 'QueueSettings | None' = None

    def settings(self, config):
        if self._settings is None or self._settings.config is not config:
            self._settings = QueueSettings(config, self.name)
        return self._settings

    # Jobs

    def add(self, job, first=False):
        if job.next_try > time.time():
            heapq.heappush(self.delayed, (job.next_try, next(ORDER), job))
        elif first:
            self.ready.appendleft(job)
        else:
            self.ready.append(job)

    def wake(self, now):
        while self.delayed and self.delayed[0][0] <= now:
            self.ready.append(heapq.heappop(self.delayed)[2])

    def wake_all(self):
        self.next_try = self.connect_after = 0.0
        self.ready.extend(job for *_, job in sorted(self.delayed, key=lambda one: one[:2]))
        self.delayed = []

    def take(self, most):
        """The next job, of no more than `most` recipients; the rest stays first in the queue."""
        job = self.ready.popleft()
        if len(job.recipients) > most:
            self.ready.appendleft(Job(job.entry, job.recipients[most:], job.attempts, 0.0, job.last_reply))
            job.recipients = job.recipients[:most]
        self.in_flight.add(job)
        return job

    def waiting(self):
        return [*self.ready, *(job for *_, job in self.delayed)]

    def keep(self, wanted):
        """Drops the waiting jobs that `wanted` does not want, and returns them."""
        dropped = [job for job in self.waiting() if not wanted(job)]
        if dropped:
            gone = set(map(id, dropped))
            self.ready = deque(job for job in self.ready if id(job) not in gone)
            self.delayed = [one for one in self.delayed if id(one[2]) not in gone]
            heapq.heapify(self.delayed)
        return dropped

    @property
    def is_empty(self):
        return not (self.ready or self.delayed or self.in_flight)

    # Mode

    def back_off(self, seconds, now):
        """Enters backoff, or begins its time anew."""
        if self.mode != 'backoff':
            self.mode_since = now
        self.mode, self.normal_at = 'backoff', now + seconds

    def be_normal(self, now):
        if self.mode != 'normal':
            self.mode_since = now
        self.mode, self.normal_at = 'normal', NEVER

    def note(self, error):
        self.last_error, self.last_error_time = str(error), time.time()

    def opens_at(self):
        return max(self.next_try, self.connect_after)

    def may_be_forgotten(self, config, now):
        """Nothing waits, nothing is limited by what was sent before, and no mode would be lost."""
        if not self.is_empty or self.connections or self.mode != 'normal' or now < self.opens_at():
            return False
        settings = self.settings(config)
        return not self.window.is_open(settings.rate('max-msg-rate', 'normal'), now) and not self.connect_window.is_open(
            settings.rate('max-connect-rate', 'normal'), now
        )
