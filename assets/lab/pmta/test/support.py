"""What the tests share: a configuration on disk, a server in this process, and an SMTP client."""

import asyncio
import functools
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, '..', 'root', 'usr', 'lib', 'pmta-stand-in'))

from pmta_stand_in import configuration, problem  # noqa: E402
from pmta_stand_in.listeners import Listeners  # noqa: E402
from pmta_stand_in.paths import Paths  # noqa: E402
from pmta_stand_in.server import Server  # noqa: E402

LICENCE = b"""product: PowerMTA\r
version: 5.0\r
platform: linux-intel\r
units: 1\r
options: one,two\r
mac: \r
licensee: Nobody\r
serial: 1234 5678\r
comment: made for a test\r
issued: 2020-01-31\r
expires: never\r
copyright: nobody\r
check: QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo\r
 YWJjZGVm=\r
"""

LOG = 'log-file /var/log/pmta/log\n'


class ConfigCase(unittest.TestCase):
    """Loads texts as configurations."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.etc = folder.name

    def write(self, name, text):
        with open(os.path.join(self.etc, name), 'wb') as handle:
            handle.write(text if isinstance(text, bytes) else text.encode('latin-1'))

    def load(self, text, log=LOG):
        self.write('config', text + log if isinstance(text, str) else text)
        return configuration.load(self.etc)

    def errors(self, text, log=LOG):
        """['LINE: message'] of a configuration that is refused, [] of one that loads."""
        try:
            self.load(text, log)
        except problem.ConfigError as error:
            return [f'{one.place.line}: {one.message}' for one in error.problems]
        return []

    def warnings(self, text):
        return [one.message for one in self.load(text).warnings]


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@functools.cache
def private_key(algorithm='RSA', number=1):
    """A key in PEM; another `number` is another key."""
    options = ['-pkeyopt', 'rsa_keygen_bits:2048'] if algorithm == 'RSA' else []
    return subprocess.run(['openssl', 'genpkey', '-algorithm', algorithm, *options], check=True, capture_output=True).stdout


def write_key(path, *which):
    with open(path, 'wb') as handle:
        handle.write(private_key(*which))


class ServerCase(unittest.IsolatedAsyncioTestCase):
    """A server on 127.0.0.1; `config` is a template with {port} and {dir}, braces of the language doubled."""

    config = ''

    resolver = None

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice; it costs a third of the time
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir, self.port = folder.name, free_port()
        self.clients = []
        with open(os.path.join(self.dir, 'license'), 'wb') as handle:
            handle.write(LICENCE)
        self.paths = Paths(etc=self.dir, run=self.dir, log=self.dir, state=self.dir)
        self.before_start()
        self.write(self.config)
        loaded = configuration.load(self.dir)
        sockets = Listeners.bind(loaded.listeners)
        self.server = Server(self.paths, loaded, self.resolver)
        self.server.prepare()
        await self.server.listeners.serve(loaded.listeners, sockets)
        self.addAsyncCleanup(self.stop)

    def before_start(self):
        """For what the configuration refers to."""

    async def stop(self):
        for client in self.clients:
            client.close()
        await self.server.stop()
        for handler in list(self.server.log.handlers):
            self.server.log.removeHandler(handler)
            handler.close()

    def write(self, text):
        head = 'host-name mail1.example.com\nlog-file {dir}/log\n<spool {dir}/spool>\n</spool>\n'
        with open(os.path.join(self.dir, 'config'), 'w', encoding='latin-1') as handle:
            handle.write((head + text).format(port=self.port, dir=self.dir))

    def client(self, source='127.0.0.1', host='127.0.0.1', port=None):
        one = smtplib.SMTP(timeout=10, source_address=(source, 0), local_hostname='client.example')
        self.clients.append(one)
        one._host = host  # what starttls() takes the server's name from; the constructor would not bind and tell the code
        code, text = one.connect(host, port or self.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        return one

    def tls_client(self, **where):
        one = self.client(**where)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        one.starttls(context=context)
        return one

    def spooled(self):
        """The entries of the spool in the order of arrival."""
        return sorted(self.server.spool.entries.values(), key=lambda one: one['timeQueued'])
