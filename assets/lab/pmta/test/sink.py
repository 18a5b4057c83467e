"""A mail server for the tests: it keeps what it is given, and says what it is told to say."""

import asyncio
from dataclasses import dataclass, field

EXTENSIONS = ('SIZE', '8BITMIME')


@dataclass
class Received:
    """A message that came through. `session` counts connections from 1."""

    session: int
    peer: str
    helo: str
    mail: str
    recipients: list = field(default_factory=list)
    content: bytes = b''
    tls: bool = False


class Sink:
    """`answers` maps a verb (CONNECT, EHLO, MAIL, RCPT, DATA, END, QUIT, STARTTLS) to a list of replies that are given in
    turn, or to a function of (sink, argument) that returns one; None is what a friendly server says. The reply HANG says
    nothing, DROP closes the connection.
    """

    HANG, DROP = 'HANG', 'DROP'

    def __init__(self, host='127.0.0.50', tls=None, extensions=EXTENSIONS):
        self.host, self.tls, self.extensions = host, tls, extensions
        self.answers, self.messages, self.said = {}, [], []
        self.connections = self.open = self.most_open = 0
        self._tasks = set()

    async def start(self, port=0):
        self._server = await asyncio.start_server(self._serve, self.host, port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _answer(self, verb, argument, friendly):
        self.said.append((verb, argument))
        wanted = self.answers.get(verb)
        if callable(wanted):
            return wanted(self, argument) or friendly
        if wanted:
            return wanted.pop(0) or friendly
        return friendly

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._talk(reader, writer, Received(self.connections, writer.get_extra_info('peername')[0], '', ''))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _say(self, writer, reply):
        if reply == self.DROP:
            raise ConnectionError
        if reply == self.HANG:
            await asyncio.sleep(60)
        writer.write(reply.encode() + b'\r\n')
        await writer.drain()

    async def _talk(self, reader, writer, one):
        await self._say(writer, self._answer('CONNECT', one.peer, '220 sink.example ESMTP'))
        while line := await reader.readline():
            verb, _, argument = line.decode('latin-1').strip().partition(' ')
            verb = verb.upper()
            friendly = '250 2.0.0 ok'
            if verb == 'EHLO':
                offered = (*self.extensions, *(['STARTTLS'] if self.tls and not one.tls else []))
                friendly = '\r\n'.join(['250-sink.example', *(f'250-{name}' for name in offered), '250 HELP'])
            elif verb == 'DATA':
                friendly = '354 go ahead'
            elif verb == 'STARTTLS':
                friendly = '220 2.0.0 ready'
            reply = self._answer(verb, argument, friendly)
            await self._say(writer, reply)
            if verb == 'QUIT':
                return
            if reply[:1] not in '23':
                continue
            if verb in ('EHLO', 'HELO'):
                one.helo = argument
            elif verb == 'STARTTLS':
                if self.tls is None:
                    return
                await writer.start_tls(self.tls)
                reader._transport, one.tls = writer.transport, True
            elif verb == 'MAIL':
                one.mail, one.recipients = argument, []
            elif verb == 'RCPT':
                one.recipients.append(argument[4:-1])
            elif verb == 'DATA':
                one.content = await reader.readuntil(b'\r\n.\r\n')
                reply = self._answer('END', ','.join(one.recipients), '250 2.0.0 taken')
                if reply.startswith('2'):
                    self.messages.append(Received(one.session, one.peer, one.helo, one.mail, one.recipients, unstuffed(one.content), one.tls))
                await self._say(writer, reply)


def unstuffed(content):
    return b'\r\n'.join(line[1:] if line.startswith(b'.') else line for line in content[:-5].split(b'\r\n')) + b'\r\n'
