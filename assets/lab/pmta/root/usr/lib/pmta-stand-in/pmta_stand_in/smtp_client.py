"""The client's side of SMTP: one connection, its replies, STARTTLS, and a message for several recipients."""

import asyncio
import re
import ssl
import warnings
from dataclasses import dataclass

LINE_LIMIT = 64 * 1024
MAX_REPLY_LINES = 200
TLS_VERSIONS = (('tlsv1', ssl.OP_NO_TLSv1), ('tlsv1.1', ssl.OP_NO_TLSv1_1), ('tlsv1.2', ssl.OP_NO_TLSv1_2), ('tlsv1.3', ssl.OP_NO_TLSv1_3))


@dataclass(frozen=True)
class Reply:
    code: int
    text: str  # all lines, joined by blanks, code first
    internal: bool = False  # not said by a server but made here

    @property
    def good(self):
        return self.code < 400

    @property
    def permanent(self):
        return self.code >= 500

    def __str__(self):
        return self.text


def internal(text):
    """What the server itself has to say of a connection, in the shape of a reply."""
    return Reply(421, f'421 4.4.0 [internal] {text}', internal=True)


class ConnectionFailed(Exception):
    """No session with that server. `reply` is what it said, or an internal one."""

    def __init__(self, reply):
        super().__init__(str(reply))
        self.reply = reply


class ConnectionLost(Exception):
    """A session that broke off. `timeout` where the server only kept silent."""

    def __init__(self, text, timeout=False):
        super().__init__(text)
        self.timeout = timeout


class Client:
    """Every step raises ConnectionLost when the connection breaks; replies of any code are returned."""

    def __init__(self, reader, writer, target, settings, log):
        self.target = target
        self._reader, self._writer, self._settings = reader, writer, settings
        self._log = log
        self._last_lines = []
        self.extensions = {}
        self.tls = False

    @classmethod
    async def connect(cls, target, source, settings, log):
        """Connects from `source` (None: as the host chooses) and reads the greeting. Raises ConnectionFailed."""
        limit = settings.seconds('connect-timeout')
        try:
            opening = asyncio.open_connection(target.address, target.port, limit=LINE_LIMIT, local_addr=(source, 0) if source else None)
            reader, writer = await asyncio.wait_for(opening, limit)
        except asyncio.TimeoutError:
            raise ConnectionFailed(internal(f'connection to {target} timed out')) from None
        except OSError as error:
            raise ConnectionFailed(internal(f'cannot connect to {target}: {(error.strerror or str(error)).lower()}')) from None
        client = cls(reader, writer, target, settings, log)
        try:
            greeting = await client._reply(settings.seconds('smtp-greeting-timeout'))
        except ConnectionLost as error:
            client.close()
            raise ConnectionFailed(internal(f'no greeting from {target}: {error}')) from None
        if greeting.code != 220:
            client.close()
            raise ConnectionFailed(greeting)
        return client

    @property
    def source(self):
        return (self._writer.get_extra_info('sockname') or ('',))[0]

    async def _reply(self, timeout):
        lines = []
        while True:
            try:
                raw = await asyncio.wait_for(self._reader.readline(), timeout)
            except asyncio.TimeoutError:
                raise ConnectionLost('timed out waiting for a reply', timeout=True) from None
            except (OSError, ValueError) as error:
                raise ConnectionLost(str(error)) from None
            line = raw.decode('utf-8', 'replace').rstrip('\r\n')
            if not raw.endswith(b'\n'):
                raise ConnectionLost('connection closed by the server')
            match = re.fullmatch(r'([2-5]\d\d)([ -]?)(.*)', line)
            if not match or len(lines) > MAX_REPLY_LINES:
                raise ConnectionLost(f'malformed reply "{line[:80]}"')
            lines.append(match.group(3).strip())
            if match.group(2) != '-':
                self._log('<<', line)
                self._last_lines = lines
                return Reply(int(match.group(1)), f'{match.group(1)} {" ".join(lines)}'.strip())

    async def command(self, line, timeout=None):
        self._log('>>', line)
        # Reception keeps every byte of an address as a latin-1 character.
        await self._send(line.encode('latin-1', 'replace') + b'\r\n', 60)
        return await self._reply(timeout or self._settings.seconds('smtp-multiple-line-response-timeout'))

    async def _send(self, content, timeout):
        try:
            self._writer.write(content)
            await asyncio.wait_for(self._writer.drain(), timeout)
        except asyncio.TimeoutError:
            raise ConnectionLost('timed out sending', timeout=True) from None
        except OSError as error:
            raise ConnectionLost(error.strerror or str(error)) from None

    async def greet(self, host):
        """EHLO, or HELO where the server knows no EHLO."""
        reply = await self.command(f'EHLO {host}')
        self.extensions = {}
        if reply.code == 250:
            for line in self._last_lines[1:]:
                name, _, argument = line.partition(' ')
                self.extensions[name.upper()] = argument
        elif reply.permanent:
            reply = await self.command(f'HELO {host}')
        return reply

    async def start_tls(self, host):
        """The reply to STARTTLS; the handshake is done where it is good."""
        reply = await self.command('STARTTLS')
        if not reply.good:
            return reply
        if self._reader._buffer:
            raise ConnectionLost('data in clear after STARTTLS')
        try:
            await self._writer.start_tls(tls_context(self._settings), server_hostname=host, ssl_handshake_timeout=60)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            raise ConnectionLost(f'TLS handshake failed: {error}') from None
        self._reader._transport = self._writer.transport
        self.tls = True
        return reply

    async def mail(self, sender, size, eight_bit):
        options = f' SIZE={size}' if 'SIZE' in self.extensions else ''
        if eight_bit and '8BITMIME' in self.extensions and not self._settings.flag('ignore-8bitmime'):
            options += ' BODY=8BITMIME'
        return await self.command(f'MAIL FROM:<{sender}>{options}')

    async def rcpt(self, address):
        return await self.command(f'RCPT TO:<{address}>')

    async def data(self):
        return await self.command('DATA')

    async def send_content(self, content):
        """The message after a 354, and the server's last word on it."""
        stuffed = re.sub(rb'(?m)^\.', b'..', content)
        await self._send(stuffed + (b'' if stuffed.endswith(b'\r\n') else b'\r\n') + b'.\r\n', self._settings.seconds('data-send-timeout'))
        self._log('>>', f'({len(content)} bytes)')
        return await self._reply(self._settings.seconds('smtp-data-termination-timeout'))

    async def quit(self):
        try:
            await self.command('QUIT', 5)
        except ConnectionLost:
            pass
        self.close()

    def close(self):
        self._writer.close()


def tls_context(settings):
    """Opportunistic: encrypts, and trusts any certificate, as MTAs do without DANE or MTA-STS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)  # the product still names versions that Python frowns upon
        for name, refused in TLS_VERSIONS:
            if not settings.flag(f'smtp-tls-allow-{name}'):
                context.options |= refused
    return context
