"""The running server: one configuration in force, its listeners, spool, accounting and log, and how a reload replaces them."""

import asyncio
import logging
import logging.handlers
import ssl
import time

from . import configuration, dkim_signer, licence, local_addresses, returned_mail, units
from .delivery import Delivery
from .destinations import Resolver
from .listeners import Listeners
from .loaded_files import StartError, load_files
from .outbound import outgoing_lines
from .records import Records, header_columns
from .routing import DEFAULT_VMTA, Router
from .smtp_client import Reply
from .smtp_server import Session
from .spool import Spool, queue_matches
from .traffic import Traffic


class Server:
    def __init__(self, paths, config, resolver=None):
        self.paths = paths
        self.config = config
        self.licence = licence.read(paths.licence)
        self.log = logging.getLogger('pmta-stand-in')
        self.router = Router()
        self.listeners = Listeners(self._connection)
        self.spool = Spool(config.spool)
        self.records = Records(self.spool, self.log, config.acct_files)
        self.paused = set()
        self.started = time.time()
        self.stopping = False
        self.sessions = set()
        self.traffic = Traffic()
        self._own_resolver = resolver is None
        self.delivery = Delivery(self, resolver or _resolver(config))
        self._contexts, self._key_files = {}, {}

    # Start, reload, stop

    def prepare(self):
        """What must be readable and writable as the user that the server runs as. Raises StartError."""
        self._contexts, self._key_files = load_files(self.config)
        self._open_log()
        try:
            self.spool.open()
        except (OSError, ValueError) as error:
            raise StartError(f'spool {self.spool.directory}: {error}') from None
        self._note_what_is_missing()

    def start(self):
        """Begins to deliver what the spool holds."""
        self.delivery.start()

    def _open_log(self):
        path = self.config.settings['log-file']
        keep = int(self.config.settings.get('log-rotate', '8'))
        try:
            handler = logging.handlers.TimedRotatingFileHandler(path, when='midnight', backupCount=keep)
        except OSError as error:
            raise StartError(f'log-file {path}: {error.strerror}') from None
        handler.setFormatter(logging.Formatter('%(asctime)s %(levelname)s %(message)s'))
        for old in [one for one in self.log.handlers if isinstance(one, logging.FileHandler)]:
            self.log.removeHandler(old)
            old.close()
        self.log.addHandler(handler)
        self.log.setLevel(logging.INFO)

    def rotate_log(self):
        for handler in self.log.handlers:
            if isinstance(handler, logging.handlers.TimedRotatingFileHandler):
                handler.doRollover()

    def _note_what_is_missing(self):
        for problem in self.config.warnings:
            self.log.warning('%s', problem)
        for vmta in self.config.vmtas.values():
            for network, host in vmta.source_hosts:
                if not usable(network):
                    self.log.warning('virtual-mta %s: source address %s (%s) is not on this host', vmta.name, network, host)
        for target in self.records.ignored:
            self.log.warning('acct-file %s: the stand-in writes files only', target)

    def reload(self):
        """A coroutine. Raises ConfigError, StartError or ListenError, and then nothing has changed."""
        return self._reload()

    async def _reload(self):
        config = configuration.load(self.paths.etc)
        contexts, key_files = load_files(config)
        sockets = self.listeners.rebind(config.listeners)
        before, self.config, self._contexts, self._key_files = self.config, config, contexts, key_files
        await self.listeners.serve(config.listeners, sockets)
        self.records.use(config.acct_files)
        if config.settings['log-file'] != before.settings['log-file']:
            self._open_log()
        if config.spool != before.spool:
            self.log.warning('spool: a new directory is used after a restart only')
        if config.flag('run-as-root', True) != before.flag('run-as-root', True):
            self.log.warning('run-as-root: takes effect after a restart only')
        if self._own_resolver:
            self.delivery.resolver = _resolver(config)
        self.delivery.pump_all()
        self._note_what_is_missing()
        self.log.info('configuration reloaded')

    async def stop(self):
        self.stopping = True
        self.listeners.close()
        await self.delivery.stop()
        for task in list(self.sessions):
            task.cancel()
        await asyncio.gather(*self.sessions, return_exceptions=True)
        self.log.info('stopped')

    # Connections and messages

    def tls_context(self, listener):
        return self._contexts.get(listener.certificate or '')

    async def _connection(self, reader, writer, key):
        task = asyncio.current_task()
        self.sessions.add(task)
        try:
            if len(self.sessions) > int(self.config.settings.get('total-max-smtp-in', '100')):
                writer.write(b'421 4.3.2 too many connections\r\n')
                await writer.drain()
                return
            await Session(self, reader, writer, key).run()
        except (ConnectionError, asyncio.TimeoutError, asyncio.CancelledError, ssl.SSLError, ValueError) as error:
            if isinstance(error, ValueError):  # a line over the limit
                self.log.info('smtp: %s', error)
        except Exception:
            self.log.exception('smtp session')
        finally:
            self.sessions.discard(task)
            writer.close()

    def accept(self, content, metadata, fields):
        identity = self.spool.put(content, metadata)
        entry = self.spool.entries[identity]
        self.traffic.count('in', 1, len(entry['recipients']), len(content))
        for recipient in entry['recipients']:
            self.records.write('r', entry, recipient, **header_columns(fields))
        self.delivery.enqueue(entry)
        return identity

    def read_reports(self, recipients, content, source):
        """The recipients that no bounce or feedback processor took for itself."""
        if not self.config.processors:
            return recipients
        return returned_mail.process(self.config, self.records, recipients, content, source)

    def outgoing(self, entry, settings):
        """The message as it leaves: its lines mended and signed. Raises OSError or CannotSign."""
        content = outgoing_lines(self.spool.content(entry['id']))
        keys = dkim_signer.keys_in_order(settings.config, settings.vmta, entry['vmtaPool'])
        return dkim_signer.signatures(settings, keys, self._key_files, content) + content

    def delete(self, pattern):
        """Bounces what waits in the matching queues; what is being sent at this moment goes its way."""
        count = 0
        for queue in self.delivery.matching(pattern):
            for job in queue.keep(lambda _: False):
                count += len(job.recipients)
                reply = Reply(550, '550 5.7.1 [internal] deleted by an administrator', internal=True)
                self.delivery.settlement.bounce(queue, job, reply)
        return count

    # Queues

    def is_paused(self, queue):
        return bool(self.paused) and any(queue_matches(pattern, queue) for pattern in self.paused)

    def has_vmta(self, name):
        return name in self.config.vmtas or name == DEFAULT_VMTA


def _resolver(config):
    return Resolver(config.name_servers)


def usable(network):
    """Whether a source address is on this host. A source that is not fails at delivery, not at start."""
    parsed = units.cidr(network)
    return parsed.num_addresses > 1 or local_addresses.is_local(parsed.network_address)
