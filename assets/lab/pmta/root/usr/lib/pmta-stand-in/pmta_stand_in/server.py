"""The running server: one configuration in force, its listeners, spool, accounting and log, and how a reload replaces them."""

import asyncio
import logging
import logging.handlers
import os
import ssl
import time

from . import configuration, licence, local_addresses, units
from .accounting import Accounting
from .listeners import Listeners
from .routing import Router
from .smtp_server import Session
from .spool import Spool, queue_matches


class StartError(Exception):
    """Why the server cannot start, or a configuration cannot be loaded."""


class Server:
    def __init__(self, paths, config):
        self.paths = paths
        self.config = config
        self.licence = licence.read(paths.licence)
        self.log = logging.getLogger('pmta-stand-in')
        self.router = Router()
        self.listeners = Listeners(self._connection)
        self.spool = Spool(config.spool)
        self.accounting = Accounting(config.acct_files)
        self.paused = set()
        self.started = time.time()
        self.stopping = False
        self.sessions = set()
        self.counters = {'msg': 0, 'rcp': 0, 'connections': 0}
        self._contexts = {}

    # Start, reload, stop

    def prepare(self):
        """What must be readable and writable as the user that the server runs as. Raises StartError."""
        self._contexts = load_files(self.config)
        self._open_log()
        try:
            self.spool.open()
        except (OSError, ValueError) as error:
            raise StartError(f'spool {self.spool.directory}: {error}') from None
        self._note_what_is_missing()

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
        for target in self.accounting.ignored:
            self.log.warning('acct-file %s: the stand-in writes files only', target)

    def reload(self):
        """A coroutine. Raises ConfigError, StartError or ListenError, and then nothing has changed."""
        return self._reload()

    async def _reload(self):
        config = configuration.load(self.paths.etc)
        contexts = load_files(config)
        sockets = self.listeners.rebind(config.listeners)
        before, self.config, self._contexts = self.config, config, contexts
        await self.listeners.serve(config.listeners, sockets)
        self.accounting = Accounting(config.acct_files)
        if config.settings['log-file'] != before.settings['log-file']:
            self._open_log()
        if config.spool != before.spool:
            self.log.warning('spool: a new directory is used after a restart only')
        if config.flag('run-as-root', True) != before.flag('run-as-root', True):
            self.log.warning('run-as-root: takes effect after a restart only')
        self._bounce_of_removed_vmtas(before)
        self._note_what_is_missing()
        self.log.info('configuration reloaded')

    def _bounce_of_removed_vmtas(self, before):
        """Mail queued for a virtual MTA that a reload removed bounces with 5.3.5."""
        for name in before.vmtas.keys() - self.config.vmtas.keys():
            for entry, recipient in self.spool.delete(f'*/{name}'):
                self._account('b', entry, recipient, dsnAction='failed', dsnStatus='5.3.5 (system incorrectly configured)',
                              bounceCat='bad-configuration')

    async def stop(self):
        self.stopping = True
        self.listeners.close()
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
        self.counters['connections'] += 1
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
        self.counters['msg'] += 1
        self.counters['rcp'] += len(metadata['recipients'])
        headers = {f'header_{one.decode("latin-1").partition(":")[0]}': body for _, body, one in fields}
        for recipient in metadata['recipients']:
            self._account('r', metadata, recipient, **headers)
        return identity

    def delete(self, pattern):
        removed = self.spool.delete(pattern)
        for entry, recipient in removed:
            self._account('b', entry, recipient, dsnAction='failed', dsnStatus='5.7.1 (deleted by an administrator)', bounceCat='other')
        return len(removed)

    def _account(self, kind, entry, recipient, **more):
        record = {
            'timeLogged': time.time(),
            'timeQueued': entry['timeQueued'],
            'orig': entry['mailFrom'],
            'rcpt': recipient['address'],
            'orcpt': recipient['address'],
            'srcType': entry['srcType'],
            'srcMta': entry['srcMta'],
            'dlvSize': entry['size'],
            'vmta': entry['vmta'],
            'jobId': entry['jobId'],
            'envId': entry['envId'],
            'queue': recipient['queue'],
            'vmtaPool': entry['vmtaPool'],
            **more,
        }
        try:
            self.accounting.write(kind, record)
        except OSError as error:
            self.log.error('acct-file: %s', error)

    # Queues

    def is_paused(self, queue):
        return any(queue_matches(pattern, queue) for pattern in self.paused)


def usable(network):
    """Whether a source address is on this host. A source that is not fails at delivery, not at start."""
    parsed = units.cidr(network)
    return parsed.num_addresses > 1 or local_addresses.is_local(parsed.network_address)


def load_files(config):
    """{certificate or '': TLS context}, having read every key too. Raises StartError on what this user cannot read.

    The facts leave open whether the product starts without a key; starting with unsigned mail is what the lab must catch.
    """
    for selector, domain, file in config.every_domain_key():
        if file.startswith('{vault}:'):
            continue
        if 'PRIVATE KEY-----' not in _read(file, f'domain-key {selector},{domain}').decode('latin-1'):
            raise StartError(f'domain-key {selector},{domain}: {file} is not a PEM private key')
    contexts = {}
    certificates = {'': config.settings.get('smtp-server-tls-certificate', '')}
    certificates.update({one.certificate: one.certificate for one in config.listeners if one.certificate})
    for key, value in certificates.items():
        if value:
            contexts[key] = _context(*value.split(None, 1), config=config)
    return contexts


def _read(path, subject):
    try:
        with open(path, 'rb') as handle:
            return handle.read()
    except OSError as error:
        raise StartError(f'{subject}: cannot read {path}: {error.strerror}') from None


def _context(path, password=None, *, config):
    _read(path, 'TLS certificate')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old = config.flag('smtp-server-tls-allow-tlsv1.1', False)
    context.minimum_version = ssl.TLSVersion.TLSv1_1 if old else ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(path, password=(password or '').strip('"'))
    except (ssl.SSLError, OSError) as error:
        raise StartError(f'TLS certificate {path}: {error}') from None
    return context
