"""Delivery as a whole: the queues, how many connections each may have, and when each is looked at again."""

import asyncio
import time

from . import units
from .outbound import Outbound
from .queue_settings import NEVER
from .queues import Job, Queue
from .rate_window import RateWindow
from .settlement import Settlement
from .source_addresses import SourceAddresses
from .spool import queue_matches

STOP_GRACE = 10
FORGET_EVERY = 60
HELD_TYPES = ('pipe', 'file', 'http-delivery')


class Delivery:
    """`server` gives the configuration in force, the spool, the accounting and the log."""

    def __init__(self, server, resolver):
        self.server, self.resolver = server, resolver
        self.queues = {}
        self.sources = SourceAddresses()
        self.settlement = Settlement(self)
        self.vmta_connections = {}
        self._vmta_windows = {}
        self._tasks = {}  # task: Outbound
        self._blocked = {}  # queues that wait for a limit which they share
        self._caretaker = None

    # Life

    def start(self):
        for entry in self.server.spool.in_order():
            self.enqueue(entry)
        self._caretaker = asyncio.get_running_loop().create_task(self._care())

    async def stop(self):
        """Lets running transactions end for a while: one that is cut after its last dot would be sent again."""
        if self._caretaker:
            self._caretaker.cancel()
        for queue in self.queues.values():
            if queue.timer:
                queue.timer.cancel()
        for task, session in list(self._tasks.items()):
            if not session.transferring:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_GRACE)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _care(self):
        while True:
            await asyncio.sleep(FORGET_EVERY)
            now = time.time()
            self.server.records.care()
            for name, queue in list(self.queues.items()):
                if queue.may_be_forgotten(self.server.config, now):
                    if queue.timer:
                        queue.timer.cancel()
                    del self.queues[name]
            self._blocked = {name: queue for name, queue in self._blocked.items() if name in self.queues}

    # Queues

    def queue(self, name):
        if name not in self.queues:
            self.queues[name] = Queue(name)
        return self.queues[name]

    def matching(self, pattern):
        return [queue for name, queue in list(self.queues.items()) if queue_matches(pattern, name)]

    def settings(self, queue):
        return queue.settings(self.server.config)

    def enqueue(self, entry):
        by_queue = {}
        for recipient in entry['recipients']:
            by_queue.setdefault(recipient['queue'], []).append(recipient)
        for name, recipients in by_queue.items():
            self.put(self.queue(name), Job(entry, recipients))

    def put(self, queue, job, first=False):
        queue.add(job, first)
        queue.expires = min(queue.expires, job.entry['timeQueued'] + self.settings(queue).seconds('bounce-after'))
        self.pump_soon(queue)

    def pump_soon(self, queue):
        """Once the present step of the loop is over; several wishes are one."""
        self._arm(queue, 0)

    def pump_all(self):
        for queue in self.queues.values():
            queue.expires = 0  # a new configuration may have another bounce-after
            self.pump_soon(queue)

    def _arm(self, queue, seconds):
        if queue.timer:
            queue.timer.cancel()
        queue.timer = asyncio.get_running_loop().call_later(seconds, self._pump, queue)

    def _pump(self, queue):
        """Opens the connections that the queue may have now, and sets the time of the next look."""
        queue.timer = None
        now = time.time()
        if self.server.stopping or self._caretaker is None:
            return
        if queue.normal_at <= now:
            self.be_normal(queue, 'its time is over')
        if not self.server.has_vmta(queue.name.partition('/')[2]):
            self.settlement.bounce_without_vmta(queue)
        queue.wake(now)
        if queue.expires <= now:
            self.settlement.expire(queue, now)
        while self.may_open(queue, now):
            self._open(queue, now)
        wake = self._next_look(queue, now)
        if wake < NEVER:
            self._arm(queue, max(0.01, wake - now))

    def _next_look(self, queue, now):
        times = [queue.normal_at, queue.expires]
        if queue.delayed:
            times.append(queue.delayed[0][0])
        if queue.ready and not self.server.is_paused(queue.name):
            settings = self.settings(queue)
            times += [one for one in (queue.opens_at(), *self._windows_open_at(queue, settings)) if one > now]
            if not self.sources.any_left(settings, queue.name):
                times.append(self.sources.next_return(queue.name))
        # Never later than an hour, so that a clock that was set is noticed.
        return min(*times, now + 3600)

    # Limits

    def _windows(self, queue, settings):
        vmta = self._vmta_windows.setdefault(settings.vmta, RateWindow())
        return (queue.window, settings.rate('max-msg-rate', queue.mode)), (vmta, settings.vmta_rate)

    def _windows_open_at(self, queue, settings):
        every = (*self._windows(queue, settings), (queue.connect_window, settings.rate('max-connect-rate', queue.mode)))
        return [window.opens_at(rate) for window, rate in every]

    def room(self, queue, now):
        """How many recipients may be tried now."""
        return min(window.room(rate, now) for window, rate in self._windows(queue, self.settings(queue)))

    def may_continue(self, queue):
        """Whether an open connection of the queue may take another message."""
        now = time.time()
        return (
            bool(queue.ready) and not self.server.stopping and not self.server.is_paused(queue.name) and now >= queue.next_try
            and queue.connections <= self.settings(queue).max_smtp_out(queue.mode) and self.room(queue, now) >= 1
        )

    def may_open(self, queue, now):
        settings = self.settings(queue)
        if not queue.ready or self.server.is_paused(queue.name) or now < queue.opens_at():
            return False
        if settings.text('type').lower() in HELD_TYPES:
            queue.note(f'held: this stand-in has no type {settings.text("type")}')
            return False
        if queue.connections >= settings.max_smtp_out(queue.mode) or self.room(queue, now) < 1:
            return False
        if queue.connect_window.room(settings.rate('max-connect-rate', queue.mode), now) < 1:
            return False
        if not self.sources.any_left(settings, queue.name):
            queue.note('all source addresses are disabled')
            if settings.flag('backoff-upon-all-sources-disabled'):
                self.back_off(queue, queue.last_error)
            return False
        if (self.vmta_connections.get(settings.vmta, 0) >= settings.vmta_max_smtp_out
                or len(self._tasks) >= units.count(self.server.config.settings.get('total-max-smtp-out', '1200'))):
            self._blocked[queue.name] = queue
            return False
        return True

    def take(self, queue):
        """The next job, counted against the rates."""
        now, settings = time.time(), self.settings(queue)
        job = queue.take(min(self.room(queue, now), settings.number('max-rcpt-per-transaction'), settings.number('max-rcpt-per-message')))
        for window, rate in self._windows(queue, settings):
            window.take(len(job.recipients), rate, now)
        return job

    def give_back(self, queue, job):
        """A job that reached no server: first in its queue again, and not counted."""
        queue.in_flight.discard(job)
        for window, _ in self._windows(queue, self.settings(queue)):
            window.give_back(len(job.recipients))
        self.put(queue, job, first=True)

    # Connections

    def _open(self, queue, now):
        settings = self.settings(queue)
        queue.connect_window.take(1, settings.rate('max-connect-rate', queue.mode), now)
        session = Outbound(self, queue, settings, self.take(queue))
        queue.connections += 1
        self.vmta_connections[settings.vmta] = self.vmta_connections.get(settings.vmta, 0) + 1
        task = asyncio.get_running_loop().create_task(session.run())
        self._tasks[task] = session
        task.add_done_callback(lambda done: self._closed(done, queue, settings.vmta))

    def _closed(self, task, queue, vmta):
        del self._tasks[task]
        queue.connections -= 1
        self.vmta_connections[vmta] -= 1
        if self.server.stopping:
            return
        blocked, self._blocked = self._blocked, {}
        for one in [*blocked.values(), queue]:
            self.pump_soon(one)

    @property
    def connections(self):
        return len(self._tasks)

    # Mode

    def back_off(self, queue, reason, seconds=None):
        if seconds is None:
            seconds = self.settings(queue).seconds('backoff-to-normal-after')
        if queue.mode != 'backoff':
            self.server.log.warning('queue %s: backoff mode: %s', queue.name, reason)
        queue.back_off(seconds, time.time())
        self.pump_soon(queue)

    def be_normal(self, queue, reason):
        if queue.mode != 'normal':
            self.server.log.info('queue %s: normal mode: %s', queue.name, reason)
        queue.be_normal(time.time())
        self.pump_soon(queue)
