"""What becomes of recipients after a try: delivered, bounced or put off; in the accounting first, then in the spool.

In that order a crash between the two repeats a record and a delivery; in the other it would lose a record.
"""

import time

from . import replies, units
from .queue_settings import NEVER
from .queues import Job
from .smtp_client import Reply, internal


class Settlement:
    def __init__(self, delivery):
        self._delivery = delivery
        self._server = delivery.server

    # What the configuration does upon a reply

    def react(self, queue, reply, via):
        """Changes the queue's mode and sources as the smtp-pattern-list says; returns the actions for the caller's part."""
        settings = self._delivery.settings(queue)
        found = replies.actions(settings.reply_rules(), reply)
        if found.get('mode') == 'backoff':
            own = found.get('backoff-to-normal-after')
            seconds = None if own is None else NEVER if own == 'never' else units.interval(own)
            self._delivery.back_off(queue, str(reply), seconds)
        elif found.get('mode') == 'normal':
            self._delivery.be_normal(queue, str(reply))
        if 'disable-source-ip' in found and via.source:
            own = found.get('reenable-after')
            seconds = settings.seconds('reenable-source-ip-after') if own is None else NEVER if own == 'never' else units.interval(own)
            self._server.log.warning('queue %s: source %s disabled: %s', queue.name, via.source, reply)
            self._delivery.sources.disable(via.source, queue.name, time.time() + seconds)
        return found

    # A job that reached a server

    def settle(self, queue, job, replied, via, bounced=False, actions=None):
        """`replied` is [(recipient, reply)]; a recipient of None stands for all that have no reply of their own."""
        actions = actions or {}
        settings = self._delivery.settings(queue)
        own = {id(recipient): reply for recipient, reply in replied if recipient is not None}
        rest = next((reply for recipient, reply in replied if recipient is None), None)
        groups = {'d': [], 'b': [], 't': []}
        for recipient in job.recipients:
            reply = own.get(id(recipient), rest)
            at_rcpt = id(recipient) in own
            if reply.good:
                kind = 'd'
            elif bounced or reply.permanent or 'bounce-queue' in actions or (at_rcpt and 'bounce-rcpt' in actions):
                kind = 'b'
            else:
                kind = 't'
            groups[kind].append((recipient, reply))
        for kind, pairs in groups.items():
            for recipient, reply in pairs:
                self._record(kind, queue, job, recipient, reply, via)
        if groups['d']:
            self._delivered(queue, job, len(groups['d']), settings)
        failed = groups['b'] + groups['t']
        if failed:
            queue.note(failed[-1][1])
        self._finish(queue, job, groups)
        if 'bounce-queue' in actions:
            self.bounce_waiting(queue, failed[-1][1] if failed else rest, via)
        if 'defer-queue' in actions:
            queue.next_try = time.time() + settings.retry_after(queue.mode, 1)

    def _delivered(self, queue, job, count, settings):
        self._server.traffic.count('out', 1, count, job.entry['size'])
        if queue.mode == 'backoff' and settings.flag('backoff-to-normal-after-delivery'):
            self._delivery.be_normal(queue, 'a delivery')

    def _finish(self, queue, job, groups):
        queue.in_flight.discard(job)
        put_off = [recipient for recipient, _ in groups['t']]
        self._forget(job.entry, [one for one in job.recipients if one not in put_off])
        if put_off:
            self._put_off(queue, Job(job.entry, put_off, job.attempts, 0.0, str(groups['t'][-1][1])))

    def _forget(self, entry, recipients):
        try:
            self._server.spool.remove(entry, recipients)
        except OSError as error:  # a full disk: they are done, but a restart will try them again
            self._server.log.error('spool: %s', error)

    def _put_off(self, queue, job):
        settings = self._delivery.settings(queue)
        if not self._server.has_vmta(settings.vmta):
            self.bounce(queue, job, _misconfigured(settings.vmta))
            return
        job.attempts += 1
        due = time.time() + settings.retry_after(queue.mode, job.attempts, recipient=True)
        job.next_try = min(due, job.entry['timeQueued'] + settings.seconds('bounce-after'))
        self._delivery.put(queue, job)

    # A job that reached none

    def defer_queue(self, queue, job, reply, via, seconds=None):
        """The whole queue waits; where other connections of it work, only new connections do."""
        settings, now = self._delivery.settings(queue), time.time()
        queue.failures += 1
        queue.note(reply)
        until = now + (seconds if seconds is not None else settings.retry_after(queue.mode, queue.failures))
        queue.connect_after = max(queue.connect_after, until)
        self._server.records.put_off(queue.name, job.entry, self._described(reply, via, settings))
        job.last_reply = str(reply)
        job.entry.setdefault('timeFirstAttempt', now)
        if self._server.has_vmta(settings.vmta):
            self._delivery.give_back(queue, job)
        else:
            self.bounce(queue, job, _misconfigured(settings.vmta))

    def no_exchanger(self, queue, job, error):
        settings = self._delivery.settings(queue)
        age = time.time() - job.entry['timeQueued']
        if error.final or age >= settings.bounce_without_mx_after():
            code = '5.1.10' if error.final else '5.1.2'
            self.bounce(queue, job, Reply(550, f'550 {code} [internal] {error}', internal=True))
        else:
            self.defer_queue(queue, job, internal(str(error)), _Nowhere)

    def bounce(self, queue, job, reply, via=None, status=None):
        queue.note(reply)
        for recipient in job.recipients:
            self._record('b', queue, job, recipient, reply, via or _Nowhere, status)
        queue.in_flight.discard(job)
        self._forget(job.entry, job.recipients)

    def bounce_waiting(self, queue, reply, via=None):
        for job in queue.keep(lambda _: False):
            self.bounce(queue, job, reply, via)

    def bounce_without_vmta(self, queue):
        """A reload removed the virtual MTA, or the configuration was changed while the server was down."""
        self.bounce_waiting(queue, _misconfigured(queue.name.partition('/')[2]))

    def discarded(self, queue, job):
        bounced = self._delivery.settings(queue).flag('discard-as-bounce')
        text = '550 5.0.0 [internal] discarded' if bounced else '250 2.0.0 [internal] discarded'
        reply = Reply(int(text[:3]), text, internal=True)
        self.settle(queue, job, [(None, reply)], _Discarded)

    def expire(self, queue, now):
        """Bounces what is older than bounce-after, and notes when the next is."""
        limit = self._delivery.settings(queue).seconds('bounce-after')
        for job in queue.keep(lambda one: one.entry['timeQueued'] + limit > now):
            reply = Reply(554, job.last_reply or '554 4.4.7 [internal] delivery time expired', internal=True)
            self.bounce(queue, job, reply, status=replies.with_text('4.4.7'))
        queue.expires = min((job.entry['timeQueued'] + limit for job in queue.waiting()), default=NEVER)

    # Records

    def _record(self, kind, queue, job, recipient, reply, via, status=None):
        job.entry.setdefault('timeFirstAttempt', time.time())
        described = self._described(reply, via, self._delivery.settings(queue), status)
        described['dsnAction'] = {'d': 'relayed', 'b': 'failed', 't': 'delayed'}[kind]
        if kind == 'd':
            described['bounceCat'] = ''
        self._server.records.write(kind, job.entry, recipient, **described)

    def _described(self, reply, via, settings, status=None):
        status = status or replies.status(reply, settings.flag('smtp-553-means-invalid-mailbox'))
        otherwise = 'message-expired' if status.startswith('4.4.7') else 'other'
        return {
            'dsnStatus': status,
            'dsnDiag': replies.diagnostic(reply),
            'dsnMta': str(via.target or ''),
            'bounceCat': replies.category(settings.config.bounce_categories, status, reply.text, otherwise),
            'dlvType': via.kind,
            'dlvSourceIp': via.source,
            'dlvDestinationIp': via.target.address if via.target else '',
            'dlvEsmtpAvailable': ','.join(via.extensions),
        }


class _Nowhere:
    target, source, extensions, kind = None, '', (), 'smtp'


class _Discarded(_Nowhere):
    kind = 'discard'


def _misconfigured(vmta):
    return Reply(550, f'550 5.3.5 [internal] virtual MTA {vmta} is no more', internal=True)
