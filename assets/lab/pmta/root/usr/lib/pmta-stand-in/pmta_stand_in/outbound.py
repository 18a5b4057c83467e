"""One outgoing connection: it finds a server, sends what its queue has for it, and leaves in order."""

import ipaddress
import re
from dataclasses import dataclass

from . import destinations
from .destinations import LookupFailed, NoMailExchanger
from .dkim_signer import CannotSign
from .smtp_client import Client, ConnectionFailed, ConnectionLost, Reply, internal


@dataclass(frozen=True)
class Via:
    """Over which connection something was tried; what an accounting record says of it."""

    target: 'destinations.Target | None' = None
    source: str = ''
    extensions: tuple = ()
    kind: str = 'smtp'


class SkipServer(Exception):
    """The server's reply says, by the configuration, to try the next one."""

    def __init__(self, reply):
        super().__init__(str(reply))
        self.reply = reply


class Outbound:
    def __init__(self, delivery, queue, settings, job):
        self._delivery, self._queue, self._settings, self._job = delivery, queue, settings, job
        self._settlement = delivery.settlement
        self._log = delivery.server.log
        self.transferring = False

    async def run(self):
        try:
            if self._settings.text('type').lower() == 'discard':
                self._discard()
            else:
                await self._deliver()
        except Exception as error:  # a mistake of ours must not lose the job
            self._log.exception('queue %s', self._queue.name)
            if self._job:
                self._settlement.defer_queue(self._queue, self._give_up_job(), internal(f'error: {error!r}'), Via())
        finally:
            if self._job:
                self._delivery.give_back(self._queue, self._give_up_job())

    def _give_up_job(self):
        job, self._job = self._job, None
        return job

    def _discard(self):
        while self._job:
            self._settlement.discarded(self._queue, self._give_up_job())
            self._next()

    def _next(self):
        if self._delivery.may_continue(self._queue):
            self._job = self._delivery.take(self._queue)
        return self._job is not None

    # Finding a server

    async def _deliver(self):
        source = self._delivery.sources.pick(self._settings, self._queue.name)
        if source is None:
            return
        version = 6 if source.address and ':' in source.address else 4
        try:
            targets = await destinations.resolve(self._delivery.resolver, self._settings, version)
        except NoMailExchanger as error:
            self._settlement.no_exchanger(self._queue, self._give_up_job(), error)
            return
        except LookupFailed as error:
            job, reply = self._give_up_job(), internal(f'DNS: {error}')
            self._settlement.defer_queue(self._queue, job, reply, Via(source=source.address or ''), self._settings.seconds('retry-after-dns-error'))
            return
        last = None
        for target in targets[: int(self._settings.text('mx-connection-attempts') or 10)]:
            last = await self._try(target, source)
            if last is None:
                return
        self._settlement.defer_queue(self._queue, self._give_up_job(), last[0], last[1])

    async def _try(self, target, source):
        """None where there is nothing left to do, else (reply, via) of a server that is of no use now."""
        via = Via(target, source.address or '')
        if ipaddress.ip_address(target.address).is_global:
            # The stand-in's own rule, not the product's: a test must never reach a mailbox of anybody.
            return internal(f'{target} is a public address; this stand-in delivers to private ones only'), via
        try:
            client, via = await self._session(target, source)
        except (ConnectionFailed, ConnectionLost) as error:
            reply = error.reply if isinstance(error, ConnectionFailed) else internal(f'{target}: {error}')
            self._log.info('queue %s: %s', self._queue.name, reply)
            found = self._settlement.react(self._queue, reply, via)
            if 'bounce-queue' in found or (reply.permanent and self._settings.flag('bounce-upon-5xx-greeting')):
                self._settlement.settle(self._queue, self._give_up_job(), [(None, reply)], via, bounced=True)
                return None
            return reply, via
        self._queue.failures = 0
        try:
            await self._converse(client, via)
            return None
        except SkipServer as error:
            return error.reply, via
        finally:
            client.close()

    async def _session(self, target, source):
        """A client that has said EHLO, under TLS where both sides will."""
        required = self._settings.flag('require-starttls')
        secure = required or self._settings.flag('use-starttls')
        while True:
            client = await Client.connect(target, source.address, self._settings, self._logger(target))
            try:
                await self._greet(client, source.host)
                if secure and 'STARTTLS' in client.extensions:
                    reply = await client.start_tls(target.host if not target.host.startswith('[') else target.address)
                    if client.tls:
                        await self._greet(client, source.host)
                    elif required:
                        raise ConnectionFailed(reply)
                elif required:
                    raise ConnectionFailed(internal(f'{target} does not offer STARTTLS, which is required'))
                return client, Via(target, client.source, tuple(client.extensions))
            except ConnectionLost as error:
                client.close()
                if not secure or required or not str(error).startswith('TLS'):
                    raise
                self._log.info('queue %s: %s: %s; in clear then', self._queue.name, target, error)
                secure = False
            except BaseException:
                client.close()
                raise

    @staticmethod
    async def _greet(client, host):
        reply = await client.greet(host)
        if not reply.good:
            raise ConnectionFailed(reply)

    def _logger(self, target):
        if not self._settings.flag('log-commands'):
            return lambda *_: None
        return lambda direction, text: self._log.info('smtp-out %s %s %s', target, direction, text)

    # Messages

    async def _converse(self, client, via):
        messages = errors = 0
        limit, most_errors = self._settings.number('max-msg-per-connection'), self._settings.number('max-errors-per-connection')
        while True:
            replied, alive = await self._transaction(client, via)
            messages += 1
            errors += sum(not reply.good for _, reply in replied)
            if not alive:
                return
            if messages >= limit or errors >= most_errors or not self._next():
                break
        await client.quit()

    async def _transaction(self, client, via):
        """Sends the job and settles it: ([(recipient, reply)], whether the connection still serves)."""
        job = self._job
        try:
            content = self._delivery.server.outgoing(job.entry, self._settings)
        except (OSError, CannotSign) as error:
            self._log.error('message %s: %s', job.entry['id'], error)
            replied, alive = [(None, Reply(451, f'451 4.3.0 [internal] {error}', internal=True))], True
        else:
            replied, alive = await self._exchange(client, job, content)
        final = replied[-1][1]
        found = {}
        for reply in dict.fromkeys(reply for _, reply in replied):
            found = {**self._settlement.react(self._queue, reply, via), **found}
        if 'skip-mx' in found and not any(reply.good for _, reply in replied):
            raise SkipServer(final)
        self._settlement.settle(self._queue, self._give_up_job(), replied, via, actions=found)
        return replied, alive and final.code != 421

    async def _exchange(self, client, job, content):
        """([(recipient, reply)], whether the connection still serves). A recipient of None stands for all of the others."""
        replied = []
        try:
            reply = await client.mail(job.entry['mailFrom'], len(content), not content.isascii())
            if not reply.good:
                return [(None, reply)], await self._reset(client, reply)
            accepted = 0
            for recipient in job.recipients:
                reply = await client.rcpt(recipient['address'])
                if reply.code == 421:
                    return [*replied, (None, reply)], False
                if not reply.good:
                    replied.append((recipient, reply))
                accepted += reply.good
            if not accepted:
                return replied, await self._reset(client, reply)
            reply = await client.data()
            if reply.code == 354:
                reply = await self._transfer(client, content)
            elif reply.good:
                raise ConnectionLost(f'unexpected reply to DATA: {reply}')
            return [*replied, (None, reply)], not reply.internal
        except ConnectionLost as error:
            reply = internal(f'connection to {client.target} lost: {error}')
            return [*replied, (None, reply)], False

    async def _transfer(self, client, content):
        self.transferring = True
        try:
            return await client.send_content(content)
        except ConnectionLost as error:
            if error.timeout and self._settings.flag('assume-delivery-upon-data-termination-timeout'):
                return Reply(250, '250 2.0.0 [internal] no reply to the end of data, delivery assumed', internal=True)
            if self._settings.flag('bounce-upon-transfer-failure'):
                return Reply(554, f'554 5.4.2 [internal] transfer failed: {error}', internal=True)
            raise
        finally:
            self.transferring = False

    @staticmethod
    async def _reset(client, reply):
        if reply.code == 421:
            return False
        try:
            return (await client.command('RSET')).good
        except ConnectionLost:
            return False  # what was replied before stands


def outgoing_lines(content):
    """CRLF lines only: a bare CR or LF would be another message to another server (RFC 5321 §2.3.8)."""
    return re.sub(rb'\r\n|\r|\n', b'\r\n', content)
