"""What a client may do, over real sockets."""

import asyncio
import base64
import csv
import functools
import os
import smtplib
import socket
import subprocess
import unittest

from support import ServerCase, write_key
from pmta_stand_in.loaded_files import StartError

BODY = 'From: contact@mail1.example.com\r\nSubject: hello\r\nX-Job: j1\r\n\r\n.dot\r\nline\r\n'

CONFIG = """
smtp-listener 127.0.0.1:{port}
smtp-server-tls-certificate {dir}/relay.pem
relay-domain in.example
<acct-file {dir}/acct.csv>
records r
</acct-file>
<virtual-mta vmta-mail1>
smtp-source-host 127.0.0.1 mail1.example.com
</virtual-mta>
<virtual-mta vmta-mail2>
smtp-source-host 192.0.2.250 mail2.example.com
</virtual-mta>
<virtual-mta-pool pmta-pool>
virtual-mta vmta-mail1
virtual-mta vmta-mail2
</virtual-mta-pool>
<pattern-list sender-to-vmta>
mail-from /@mail1\\.example\\.com$/ virtual-mta=vmta-mail1
mail-from /@mail2\\.example\\.com$/ virtual-mta=vmta-mail2
</pattern-list>
<source {{pmta-auth}}>
always-allow-relaying yes
require-auth true
process-x-virtual-mta yes
process-x-job yes
default-virtual-mta pmta-pool
pattern-list sender-to-vmta
hide-message-source true
</source>
<source 127.0.0.10>
allow-starttls yes
require-starttls-before-auth yes
require-auth true
</source>
<source 127.0.0.11>
allow-unencrypted-plain-auth yes
</source>
<source 127.0.0.12>
always-allow-relaying yes
max-message-size 1k
max-rcpt-per-message 2
</source>
<source 127.0.0.13>
smtp-service no
</source>
<smtp-user mailer@example.com>
password s3cret-Word
source {{pmta-auth}}
</smtp-user>
"""


@functools.cache
def certificate():
    """A certificate and its key, as one PEM text."""
    request = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-',
               '-subj', '/CN=mail1.example.com', '-days', '2']
    return subprocess.run(request, check=True, capture_output=True, text=True).stdout


class Smtp(ServerCase):
    config = CONFIG

    def before_start(self):
        with open(os.path.join(self.dir, 'relay.pem'), 'w', encoding='ascii') as handle:
            handle.write(certificate())

    async def call(self, function):
        return await asyncio.to_thread(function)

    def feeder(self):
        one = self.tls_client(source='127.0.0.10')
        one.login('mailer@example.com', 's3cret-Word')
        return one

    async def refused(self, function, code, words):
        with self.assertRaises(smtplib.SMTPException) as caught:
            await self.call(function)
        error = caught.exception
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            answer = next(iter(error.recipients.values()))
        else:
            answer = (error.smtp_code, error.smtp_error)
        self.assertEqual(answer[0], code)
        self.assertIn(words, answer[1].decode())

    async def test_a_feeder_sends_through_tls_and_its_sender_chooses_the_virtual_mta(self):
        await self.call(lambda: self.feeder().sendmail('contact@mail2.example.com', ['x@c.example', 'y@d.example'], BODY))
        (entry,) = self.spooled()
        self.assertEqual((entry['vmta'], entry['vmtaPool'], entry['jobId'], entry['user']),
                         ('vmta-mail2', '', 'j1', 'mailer@example.com'))
        self.assertEqual([one['queue'] for one in entry['recipients']], ['c.example/vmta-mail2', 'd.example/vmta-mail2'])
        self.assertEqual(entry['sourceHosts'], [['192.0.2.250', 'mail2.example.com']])

    async def test_the_message_is_kept_as_sent_but_for_what_is_processed(self):
        text = BODY.replace('Subject', 'X-Virtual-MTA: vmta-mail1\r\nSubject')
        await self.call(lambda: self.feeder().sendmail('a@other.example', ['x@c.example'], text))
        (entry,) = self.spooled()
        with open(os.path.join(self.dir, 'spool', entry['id'] + '.msg'), 'rb') as handle:
            content = handle.read()
        head, _, rest = content.partition(b'From: ')
        self.assertEqual(b'From: ' + rest, b'From: contact@mail1.example.com\r\nSubject: hello\r\n\r\n.dot\r\nline\r\n')
        self.assertTrue(head.startswith(b'Received: by mail1.example.com '), head)
        self.assertNotIn(b'127.0.0.10', content)
        self.assertEqual(entry['vmta'], 'vmta-mail1')

    async def test_the_default_pool_takes_turns(self):
        def send():
            one = self.feeder()
            for _ in range(3):
                one.sendmail('a@other.example', ['x@c.example'], BODY)

        await self.call(send)
        self.assertEqual([(one['vmta'], one['vmtaPool']) for one in self.spooled()],
                         [('vmta-mail1', 'pmta-pool'), ('vmta-mail2', 'pmta-pool'), ('vmta-mail1', 'pmta-pool')])

    async def test_an_unknown_virtual_mta_is_refused(self):
        text = 'X-Virtual-MTA: nope\r\n' + BODY
        await self.refused(lambda: self.feeder().sendmail('a@b.example', ['x@c.example'], text), 550, '5.5.0')
        self.assertEqual(self.spooled(), [])

    async def test_receipts_are_accounted(self):
        await self.call(lambda: self.feeder().sendmail('contact@mail1.example.com', ['x@c.example', 'y@d.example'], BODY))
        with open(os.path.join(self.dir, 'acct.csv'), newline='', encoding='utf-8') as handle:
            rows = list(csv.DictReader(handle))
        self.assertEqual([(row['type'], row['rcpt'], row['vmta'], row['queue']) for row in rows],
                         [('r', 'x@c.example', 'vmta-mail1', 'c.example/vmta-mail1'), ('r', 'y@d.example', 'vmta-mail1', 'd.example/vmta-mail1')])

    async def test_a_wrong_password_is_refused(self):
        def login(name, password):
            self.tls_client(source='127.0.0.10').login(name, password)

        await self.refused(lambda: login('mailer@example.com', 'wrong'), 535, '5.7.8')
        await self.refused(lambda: login('nobody', ''), 535, '5.7.8')

    async def test_auth_login_and_plain(self):
        def login(method):
            one = self.tls_client(source='127.0.0.10')
            one.ehlo()
            one.user, one.password = 'mailer@example.com', 's3cret-Word'
            return one.auth(method, getattr(one, f'auth_{method.lower()}'))[0]

        self.assertEqual([await self.call(lambda: login(method)) for method in ('LOGIN', 'PLAIN')], [235, 235])

    async def test_auth_waits_for_tls(self):
        def attempt():
            one = self.client(source='127.0.0.10')
            one.ehlo()
            return one.has_extn('auth'), one.has_extn('starttls'), one.docmd('AUTH', 'PLAIN AAAA')[0], self.tls_client(source='127.0.0.10').ehlo()

        offered, starttls, code, (_, after) = await self.call(attempt)
        self.assertEqual((offered, starttls, code), (False, True, 530))
        self.assertIn(b'AUTH PLAIN LOGIN', after)
        self.assertNotIn(b'STARTTLS', after)

    async def test_auth_in_clear_needs_to_be_allowed_for_the_address(self):
        token = base64.b64encode(b'\0mailer@example.com\0s3cret-Word').decode()

        def attempt(source):
            one = self.client(source=source)
            one.ehlo()
            return one.docmd('AUTH', f'PLAIN {token}')[0]

        self.assertEqual(await self.call(lambda: attempt('127.0.0.1')), 538)
        self.assertEqual(await self.call(lambda: attempt('127.0.0.11')), 235)

    async def test_a_source_that_requires_auth_takes_no_mail_before(self):
        await self.refused(lambda: self.client(source='127.0.0.10').sendmail('a@b.example', ['x@c.example'], BODY), 530, '5.7.0')

    async def test_a_stranger_cannot_relay(self):
        await self.refused(lambda: self.client().sendmail('a@b.example', ['x@c.example'], BODY), 550, 'relaying denied')
        self.assertEqual(self.spooled(), [])

    async def test_a_stranger_reaches_a_relay_domain_and_has_no_say_in_the_virtual_mta(self):
        await self.call(lambda: self.client().sendmail('a@b.example', ['x@in.example'], 'X-Virtual-MTA: vmta-mail1\r\n' + BODY))
        self.assertEqual(self.spooled()[0]['vmta'], '{default}')

    async def test_a_stranger_is_offered_no_tls(self):
        def offered():
            one = self.client()
            one.ehlo()
            return one.has_extn('starttls'), one.docmd('STARTTLS')[0]

        self.assertEqual(await self.call(offered), (False, 502))

    async def test_limits_of_size_and_recipients(self):
        await self.refused(lambda: self.client(source='127.0.0.12').sendmail('a@b.example', ['x@c.example'], 'x' * 2000), 552, '5.3.4')
        many = ['1@c.example', '2@c.example', '3@c.example']
        self.assertEqual(list(await self.call(lambda: self.client(source='127.0.0.12').sendmail('a@b.example', many, 'x'))), ['3@c.example'])

    async def test_no_service_for_some(self):
        await self.refused(lambda: self.client(source='127.0.0.13'), 554, '5.7.1')

    async def test_commands_out_of_order(self):
        def talk():
            one = self.client()
            return [one.docmd(line)[0] for line in ('MAIL FROM:<a@b.example>', 'EHLO', 'EHLO x', 'RCPT TO:<x@in.example>', 'DATA', 'NONSENSE',
                    'MAIL FROM:<a@b.example>', 'RCPT TO:<x>', 'AUTH CRAM-MD5', 'VRFY x', 'NOOP', 'RSET')]

        self.assertEqual(await self.call(talk), [503, 501, 250, 503, 503, 500, 250, 501, 538, 252, 250, 250])

    async def test_nothing_sent_in_clear_is_taken_as_sent_under_tls(self):
        def talk():
            with socket.create_connection(('127.0.0.1', self.port), source_address=('127.0.0.10', 0), timeout=10) as one:
                one.sendall(b'EHLO x\r\n')
                one.recv(4096)
                one.sendall(b'STARTTLS\r\nNOOP\r\n')
                return b''.join(iter(lambda: one.recv(4096), b''))

        self.assertIn(b'501 5.5.1 no pipelining after STARTTLS', await self.call(talk))

    async def test_a_bare_line_feed_does_not_end_a_message(self):
        def talk():
            one = self.client()
            one.ehlo()
            one.mail('a@b.example')
            one.rcpt('x@in.example')
            one.docmd('DATA')
            one.send(b'Subject: x\r\n\r\nfirst\n.\nMAIL FROM:<evil@b.example>\r\n.\r\n')
            return one.getreply()[0], one.docmd('NOOP')[0]

        self.assertEqual(await self.call(talk), (250, 250))
        (entry,) = self.spooled()
        with open(os.path.join(self.dir, 'spool', entry['id'] + '.msg'), 'rb') as handle:
            self.assertTrue(handle.read().endswith(b'first\n.\nMAIL FROM:<evil@b.example>\r\n'))


class Reload(ServerCase):
    config = 'smtp-listener 127.0.0.1:{port}\nrelay-domain in.example\n<virtual-mta a>\nsmtp-source-host 127.0.0.1 a.example.com\n</virtual-mta>\n'

    def send(self, host='127.0.0.1'):
        return self.client(host=host).sendmail('a@b.example', ['x@in.example'], BODY)

    async def test_listeners_open_and_close_and_open_connections_stay(self):
        before = await asyncio.to_thread(self.client)
        self.write('smtp-listener 127.0.0.2:{port}\nrelay-domain in.example\n')
        await self.server.reload()
        await asyncio.to_thread(self.send, '127.0.0.2')
        with self.assertRaises(ConnectionRefusedError):
            await asyncio.to_thread(self.send)
        self.assertEqual((await asyncio.to_thread(before.noop))[0], 250)

    async def test_a_bad_file_changes_nothing(self):
        from pmta_stand_in.problem import ConfigError

        self.write('smtp-listener 127.0.0.2:{port}\nnonsense 1\n')
        with self.assertRaises(ConfigError):
            await self.server.reload()
        await asyncio.to_thread(self.send)
        self.assertEqual(list(self.server.config.vmtas), ['a'])

    async def test_a_port_that_is_taken_changes_nothing(self):
        from pmta_stand_in.listeners import ListenError

        with socket.create_server(('127.0.0.3', self.port)):
            self.write('smtp-listener 127.0.0.2:{port}\nsmtp-listener 127.0.0.3:{port}\n')
            with self.assertRaisesRegex(ListenError, 'Address already in use'):
                await self.server.reload()
        await asyncio.to_thread(self.send)
        with self.assertRaises(ConnectionRefusedError):
            await asyncio.to_thread(self.send, '127.0.0.2')

    async def test_a_listener_that_is_not_on_this_host_is_refused(self):
        from pmta_stand_in.listeners import ListenError

        self.write('smtp-listener 192.0.2.254:{port}\n')
        with self.assertRaisesRegex(ListenError, 'cannot listen on 192.0.2.254'):
            await self.server.reload()

    async def test_a_key_that_is_missing_or_is_none_changes_nothing(self):
        key = '<virtual-mta b>\ndomain-key mail,b.example.com,{dir}/b.pem\n</virtual-mta>\n'
        self.write(self.config + key)
        with self.assertRaisesRegex(StartError, 'b.pem: No such file'):
            await self.server.reload()
        with open(os.path.join(self.dir, 'b.pem'), 'w', encoding='ascii') as handle:
            handle.write('-----BEGIN PUBLIC KEY-----\n')
        with self.assertRaisesRegex(StartError, 'is not a PEM private key'):
            await self.server.reload()
        write_key(os.path.join(self.dir, 'b.pem'), 'Ed25519')
        with self.assertRaisesRegex(StartError, 'is not an unencrypted RSA key'):
            await self.server.reload()
        self.assertEqual(list(self.server.config.vmtas), ['a'])

    async def test_a_hundred_listeners_and_virtual_mtas(self):
        lines = [f'smtp-listener 127.0.1.{number}:{{port}}\n<virtual-mta v{number}>\nsmtp-source-host 127.0.1.{number} m{number}.example.com\n'
                 f'</virtual-mta>\n' for number in range(1, 101)]
        self.write('relay-domain in.example\n' + ''.join(lines))
        await self.server.reload()
        for number in (1, 50, 100):
            await asyncio.to_thread(self.send, f'127.0.1.{number}')
        self.assertEqual((len(self.server.listeners.addresses()), len(self.server.config.vmtas)), (100, 100))


if __name__ == '__main__':
    unittest.main()
