"""One SMTP session: the commands, and what they may do under the effective source."""

import asyncio
import base64
import binascii
import hmac
import ipaddress
import re

from . import __version_text__, domains, reception, sources
from .routing import UnknownVirtualMta

LINE_LIMIT = 1 << 20
COMMAND_TIMEOUT = 600
MAX_ERRORS = 20
PATH = re.compile(r'<(?:@[^:>]*:)?([^<>\s]*)>((?:\s+\S+)*)\s*$')


class Session:
    def __init__(self, server, reader, writer, listener_key):
        self.server = server
        self.reader, self.writer = reader, writer
        self.config = server.config  # this connection keeps the data it began with
        self.listener = server.listeners.spec(listener_key)
        self.peer = _address(writer.get_extra_info('peername'))
        self.local = _address(writer.get_extra_info('sockname'))
        self.user = None
        self.tls = False
        self.errors = 0
        self.helo = None
        self._reset()
        self._settle()

    def _reset(self):
        self.mail_from = None
        self.recipients = []
        self.envelope_id = ''

    def _settle(self):
        self.source = sources.effective(self.config, self.peer, self.listener.source, self.user)

    # Lines

    async def _reply(self, *lines):
        text = ''.join(f'{line[:3]}{" " if index == len(lines) - 1 else "-"}{line[4:]}\r\n' for index, line in enumerate(lines))
        if self.source.flag('log-commands'):
            self.server.log.info('smtp %s << %s', self.peer, text.strip())
        self.writer.write(text.encode('latin-1', 'replace'))
        await self.writer.drain()

    async def _line(self):
        line = await asyncio.wait_for(self.reader.readline(), COMMAND_TIMEOUT)
        if not line:
            raise ConnectionError
        return line

    async def run(self):
        if self.source.flag('log-connections'):
            self.server.log.info('smtp %s connected to %s, sources %s', self.peer, self.local, ','.join(self.source.names) or '-')
        if self.listener.immediate_tls and not await self._start_tls():
            return
        if not self.source.flag('smtp-service'):
            await self._reply('554 5.7.1 no SMTP service for you here')
            return
        await self._reply(f'220 {self.config.host_name} ESMTP {__version_text__}')
        while True:
            line = (await self._line()).decode('latin-1').rstrip('\r\n')
            verb, _, argument = line.strip().partition(' ')
            if self.source.flag('log-commands'):
                self.server.log.info('smtp %s >> %s', self.peer, 'AUTH …' if verb.upper() == 'AUTH' else line)
            if verb.upper() == 'QUIT':
                await self._reply('221 2.0.0 bye')
                return
            handler = getattr(self, f'_on_{verb.lower()}', None) if verb.isalpha() else None
            if handler is None:
                await self._bad('500 5.5.1 unknown command')
            else:
                await handler(argument.strip())
            if self.errors >= MAX_ERRORS:
                await self._reply('421 4.7.0 too many errors')
                return

    async def _bad(self, line):
        self.errors += 1
        await self._reply(line)

    # Greeting, TLS

    async def _on_helo(self, argument):
        self._reset()
        self.helo = argument
        await self._reply(f'250 {self.config.host_name}')

    async def _on_ehlo(self, argument):
        if not argument:
            return await self._bad('501 5.5.4 EHLO needs a host name')
        self._reset()
        self.helo = argument
        lines = [f'250 {self.config.host_name} says hello', '250 ENHANCEDSTATUSCODES', '250 PIPELINING', '250 8BITMIME', '250 DSN']
        limit = self.source.max_message_size
        lines.append(f'250 SIZE {limit}' if limit else '250 SIZE')
        if self._may_start_tls():
            lines.append('250 STARTTLS')
        if self._auth_refusal() is None:
            lines.append('250 AUTH PLAIN LOGIN')
        await self._reply(*lines)

    def _may_start_tls(self):
        return not self.tls and self.source.flag('allow-starttls') and self.server.tls_context(self.listener) is not None

    async def _on_starttls(self, _argument):
        if not self._may_start_tls():
            return await self._bad('502 5.5.1 STARTTLS is not available')
        # Whatever was sent in clear after STARTTLS must not be taken as sent under TLS.
        if self.reader._buffer:
            await self._reply('501 5.5.1 no pipelining after STARTTLS')
            raise ConnectionError
        await self._reply('220 2.0.0 ready to start TLS')
        if not await self._start_tls():
            raise ConnectionError

    async def _start_tls(self):
        context = self.server.tls_context(self.listener)
        if context is None:
            self.server.log.warning('smtp %s: no certificate for TLS', self.peer)
            return False
        try:
            await self.writer.start_tls(context)
        except (OSError, asyncio.TimeoutError) as error:
            self.server.log.info('smtp %s: TLS handshake failed: %s', self.peer, error)
            return False
        self.reader._transport = self.writer.transport
        self.tls, self.helo, self.user = True, None, None
        self._reset()
        self._settle()
        return True

    # Authentication

    def _auth_refusal(self):
        """Why AUTH is refused now, or None."""
        if not self.source.flag('allow-auth') or not self.config.users:
            return '503 5.5.1 authentication is not available'
        if not self.tls and self.source.flag('require-starttls-before-auth'):
            return '530 5.7.0 must issue a STARTTLS command first'
        if not self.tls and not self.source.flag('allow-unencrypted-plain-auth'):
            return '538 5.7.11 encryption is required for this authentication'
        return None

    async def _on_auth(self, argument):
        if self.helo is None:
            return await self._bad('503 5.5.1 EHLO first')
        if self.user:
            return await self._bad('503 5.5.1 already authenticated')
        refusal = self._auth_refusal()
        if refusal:
            return await self._bad(refusal)
        mechanism, _, initial = argument.partition(' ')
        if mechanism.upper() not in ('PLAIN', 'LOGIN'):
            return await self._bad('504 5.5.4 unknown mechanism')
        try:
            read = self._plain if mechanism.upper() == 'PLAIN' else self._login
            name, password = await read(initial.strip())
        except (ValueError, binascii.Error):
            return await self._bad('501 5.5.2 malformed authentication')
        user = self.config.users.get(name)
        # certificate and system are methods of the product that the stand-in has not.
        known = user is not None and user.method == 'password'
        expected = user.password if known else ''
        if not hmac.compare_digest(expected.encode('latin-1', 'replace'), password.encode('latin-1', 'replace')) or not known:
            self.server.log.warning('smtp %s: authentication failed', self.peer)
            await asyncio.sleep(0.3)
            self.errors += MAX_ERRORS // 4
            return await self._bad('535 5.7.8 authentication credentials invalid')
        self.user = user
        self._settle()
        await self._reply('235 2.7.0 authenticated')

    async def _challenge(self, text):
        await self._reply(f'334 {text}')
        line = (await self._line()).strip()
        if line == b'*':
            raise ValueError('cancelled')
        return line.decode('latin-1')

    async def _plain(self, initial):
        token = initial or await self._challenge('')
        _, name, password = base64.b64decode(token, validate=True).decode('utf-8').split('\0')
        return name, password

    async def _login(self, initial):
        name = initial or await self._challenge(base64.b64encode(b'Username:').decode())
        password = await self._challenge(base64.b64encode(b'Password:').decode())
        return (base64.b64decode(one, validate=True).decode('utf-8') for one in (name, password))

    # Envelope

    async def _on_mail(self, argument):
        match = PATH.search(argument) if argument.upper().startswith('FROM:') else None
        if self.helo is None:
            return await self._bad('503 5.5.1 EHLO first')
        if self.source.flag('require-auth') and not self.user:
            return await self._bad('530 5.7.0 authentication required')
        if self.mail_from is not None:
            return await self._bad('503 5.5.1 sender already given')
        if match is None or (match.group(1) and '@' not in match.group(1)):
            return await self._bad('501 5.1.7 malformed sender')
        options = dict(option.upper().partition('=')[::2] for option in match.group(2).split())
        limit = self.source.max_message_size
        if limit and options.get('SIZE', '').isdigit() and int(options['SIZE']) > limit:
            return await self._bad('552 5.3.4 message too big')
        self.envelope_id = next((one.partition('=')[2] for one in match.group(2).split() if one.upper().startswith('ENVID=')), '')
        self.mail_from = match.group(1)
        await self._reply('250 2.1.0 sender ok')

    async def _on_rcpt(self, argument):
        match = PATH.search(argument) if argument.upper().startswith('TO:') else None
        if self.mail_from is None:
            return await self._bad('503 5.5.1 MAIL first')
        if match is None or not re.fullmatch(r'[^@]+@[^@]+', match.group(1)):
            return await self._bad('501 5.1.3 malformed recipient')
        if not self._may_relay(match.group(1)):
            return await self._bad('550 5.7.1 relaying denied')
        limit = self.source.get('max-rcpt-per-message')
        if limit.isdigit() and 0 < int(limit) <= len(self.recipients):
            return await self._bad('452 4.5.3 too many recipients')
        self.recipients.append(match.group(1))
        await self._reply('250 2.1.5 recipient ok')

    def _may_relay(self, recipient):
        if self.user or self.source.flag('always-allow-relaying'):
            return True
        domain = recipient.rpartition('@')[2].lower()
        if any(domains.specificity(pattern, domain) is not None for pattern in self.config.relay_domains):
            return True
        return any(
            one == recipient.lower() if isinstance(one, str) else one.search(recipient) for one in self.config.relay_addresses
        )

    # Message

    async def _on_data(self, _argument):
        if not self.recipients:
            return await self._bad('503 5.5.1 no recipients')
        await self._reply('354 go ahead')
        content = await self._read_message()
        if content is None:
            self._reset()
            return await self._bad('552 5.3.4 message too big')
        try:
            identity = reception.accept(self, content)
        except UnknownVirtualMta as error:
            self.server.log.info('smtp %s: %s', self.peer, error)
            await self._bad(f'550 5.5.0 {error}')
        except OSError as error:
            self.server.log.error('cannot spool: %s', error)
            await self._reply('452 4.3.1 cannot spool the message')
        else:
            await self._reply(f'250 2.6.0 message accepted as {identity}')
        self._reset()

    async def _read_message(self):
        """The message with CRLF lines and dots unstuffed; None where it is over the limit."""
        limit, size, lines, complete = self.source.max_message_size, 0, [], True
        while True:
            line = await self._line()
            # Only CRLF.CRLF ends a message; a bare LF never does (RFC 5321 §2.3.8).
            if line == b'.\r\n' and complete:
                return b''.join(lines) if not limit or size <= limit else None
            if complete and line.startswith(b'.'):
                line = line[1:]
            complete = line.endswith(b'\r\n')
            size += len(line)
            if not limit or size <= limit:
                lines.append(line)

    async def _on_rset(self, _argument):
        self._reset()
        await self._reply('250 2.0.0 reset')

    async def _on_noop(self, _argument):
        await self._reply('250 2.0.0 ok')

    async def _on_vrfy(self, _argument):
        await self._reply('252 2.5.0 cannot verify')


def _address(name):
    address = ipaddress.ip_address(name[0].split('%')[0])
    return getattr(address, 'ipv4_mapped', None) or address
