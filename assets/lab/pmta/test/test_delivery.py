"""Messages on their way out: from which address, over which connections, and what the records say of it."""

import asyncio
import ssl
import unittest
from unittest import mock

from delivery_case import BODY, DeliveryCase
from pmta_stand_in.smtp_client import Client
from pmta_stand_in.spool import Spool
from sink import Sink
from test_smtp import certificate

TO_SINK = '<domain *>\nsmtp-hosts [127.0.0.50]:{sink}\n'


class Delivers(DeliveryCase):
    rules = TO_SINK + '</domain>\n'

    async def test_from_the_virtual_mtas_own_address_and_name(self):
        for number in (1, 2):
            await self.send('x@c.example', vmta=f'vmta-mail{number}')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual(sorted((one.peer, one.helo) for one in self.sink.messages),
                         [('127.0.0.101', 'mail1.example.com'), ('127.0.0.102', 'mail2.example.com')])
        self.assertEqual(self.spooled(), [])

    async def test_the_message_arrives_as_it_was_sent(self):
        await self.send('x@c.example', body='From: a@b.example\r\n\r\n.dot\r\n..\r\nbare\nline\r\nend')
        await self.until(lambda: self.sink.messages)
        self.assertTrue(self.sink.messages[0].content.endswith(b'\r\nFrom: a@b.example\r\n\r\n.dot\r\n..\r\nbare\r\nline\r\nend\r\n'))

    async def test_one_transaction_for_the_recipients_of_one_domain(self):
        await self.send('x@c.example', 'y@c.example', 'z@d.example')
        await self.until(lambda: len(self.rows('d')) == 3)
        self.assertEqual(sorted(one.recipients for one in self.sink.messages), [['x@c.example', 'y@c.example'], ['z@d.example']])

    async def test_what_a_delivery_record_says(self):
        await self.send('x@c.example', body='X-Job: j7\r\n' + BODY)
        await self.until(lambda: self.rows('d'))
        (row,) = self.rows()
        wanted = {
            'type': 'd', 'orig': 'contact@mail1.example.com', 'rcpt': 'x@c.example', 'dsnAction': 'relayed', 'dsnStatus': '2.0.0 (success)',
            'dsnDiag': 'smtp;250 2.0.0 taken', 'dsnMta': '[127.0.0.50]:%d (127.0.0.50)' % self.sink.port, 'bounceCat': '', 'srcType': 'smtp',
            'dlvType': 'smtp', 'dlvSourceIp': '127.0.0.101', 'dlvDestinationIp': '127.0.0.50', 'dlvEsmtpAvailable': 'SIZE,8BITMIME,HELP',
            'vmta': 'vmta-mail1', 'jobId': 'j7', 'queue': 'c.example/vmta-mail1',
        }
        self.assertEqual({name: row[name] for name in wanted}, wanted)

    async def test_each_recipient_has_its_own_verdict(self):
        self.sink.answers['RCPT'] = lambda _, argument: '550 5.1.1 user unknown' if 'gone' in argument else '450 4.2.1 later' if 'busy' in argument else None
        await self.send('x@c.example', 'gone@c.example', 'busy@c.example')
        await self.until(lambda: len(self.rows()) == 3)
        self.assertEqual(sorted((row['type'], row['rcpt'], row['dsnStatus'][:5]) for row in self.rows()),
                         [('b', 'gone@c.example', '5.1.1'), ('d', 'x@c.example', '2.0.0'), ('t', 'busy@c.example', '4.2.1')])
        self.assertEqual([[one['address'] for one in entry['recipients']] for entry in self.spooled()], [['busy@c.example']])

    async def test_a_disk_that_is_full_sends_nothing_twice_while_the_server_runs(self):
        self.sink.answers['RCPT'] = ['550 5.1.1 unknown', None, '450 4.2.0 later']
        self.server.paused.add('*/*')
        await self.send('x@c.example', 'y@c.example', 'z@c.example')
        with mock.patch.object(Spool, '_write', side_effect=OSError(28, 'No space left on device')):
            self.server.paused.clear()
            self.server.delivery.pump_all()
            await self.until(lambda: len(self.rows()) == 3)
        self.assertEqual([one['address'] for one in self.spooled()[0]['recipients']], ['z@c.example'])
        self.assertEqual([len(job.recipients) for job in self.queue('c.example/vmta-mail1').waiting()], [1])

    async def test_a_server_that_knows_no_ehlo(self):
        self.sink.answers['EHLO'] = ['502 5.5.1 what?']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual(self.sink.messages[0].helo, 'mail1.example.com')

    async def test_an_address_that_is_not_on_this_host_sends_nothing(self):
        await self.reload(self.rules + '<virtual-mta far>\nsmtp-source-host 192.0.2.250 far.example.com\n</virtual-mta>\n')
        await self.send('x@c.example', vmta='far')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('cannot assign requested address', self.rows()[0]['dsnDiag'])
        self.assertEqual((self.sink.connections, len(self.spooled())), (0, 1))

    async def test_a_public_address_is_never_reached(self):
        await self.reload('<domain *>\nsmtp-hosts [9.9.9.9]\n</domain>\n')
        with mock.patch.object(Client, 'connect', side_effect=AssertionError):
            await self.send('x@c.example')
            await self.until(lambda: self.rows('tq'))
        self.assertIn('this stand-in delivers to private ones only', self.rows()[0]['dsnDiag'])


class Limits(DeliveryCase):
    rules = TO_SINK + 'max-msg-per-connection 2\nmax-smtp-out 1\n</domain>\n'

    async def test_messages_for_each_connection(self):
        self.server.paused.add('*/*')
        for _ in range(5):
            await self.send('x@c.example')
        self.server.paused.clear()
        self.server.delivery.pump_all()
        await self.until(lambda: len(self.rows('d')) == 5)
        self.assertEqual([one.session for one in self.sink.messages], [1, 1, 2, 2, 3])
        self.assertEqual(self.sink.most_open, 1)

    async def test_a_rate_holds_the_rest_back(self):
        await self.reload(TO_SINK + 'max-msg-rate 2/s\n</domain>\n')
        await self.send(*(f'{number}@c.example' for number in range(3)))
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual(len(self.spooled()[0]['recipients']), 1)
        await self.until(lambda: len(self.rows('d')) == 3)

    async def test_a_virtual_mtas_rate_counts_over_all_of_its_queues(self):
        await self.reload(TO_SINK + '</domain>\n<virtual-mta slow>\nsmtp-source-host 127.0.0.103 slow.example.com\nmax-smtp-msg-rate 2/h\n</virtual-mta>\n')
        await self.send('x@c.example', 'x@d.example', 'x@e.example', vmta='slow')
        await self.until(lambda: len(self.rows('d')) == 2)
        await asyncio.sleep(0.1)
        self.assertEqual(len(self.rows('d')), 2)

    async def test_a_virtual_mtas_connections_count_over_all_of_its_queues(self):
        await self.reload(TO_SINK + '</domain>\n<virtual-mta slow>\nsmtp-source-host 127.0.0.103 slow.example.com\nmax-smtp-out 1\n</virtual-mta>\n')
        await self.send(*(f'x@{name}.example' for name in 'abcdefgh'), vmta='slow')
        await self.until(lambda: len(self.rows('d')) == 8)
        self.assertEqual((self.sink.most_open, self.sink.connections), (1, 8))

    async def test_errors_end_a_connection(self):
        await self.reload(TO_SINK + 'max-errors-per-connection 2\nmax-smtp-out 1\n</domain>\n')
        self.sink.answers['RCPT'] = lambda *_: '550 5.1.1 user unknown'
        self.server.paused.add('*/*')
        for _ in range(4):
            await self.send('x@c.example')
        self.server.paused.clear()
        self.server.delivery.pump_all()
        await self.until(lambda: len(self.rows('b')) == 4)
        await self.until(lambda: self.sink.connections == 2)

    async def test_several_addresses_take_turns(self):
        sources = ''.join(f'smtp-source-host 127.0.0.{number} m{number}.example.com\n' for number in (111, 112, 113))
        await self.reload(TO_SINK + f'</domain>\n<virtual-mta many>\n{sources}</virtual-mta>\n')
        for name in 'abc':
            await self.send(f'x@{name}.example', vmta='many')
        await self.until(lambda: len(self.rows('d')) == 3)
        self.assertEqual(sorted((one.peer, one.helo) for one in self.sink.messages),
                         [(f'127.0.0.{number}', f'm{number}.example.com') for number in (111, 112, 113)])


class Tls(DeliveryCase):
    rules = TO_SINK + '</domain>\n'

    async def more_sinks(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = f'/proc/self/fd/{self._certificate()}'
        context.load_cert_chain(path)
        self.secure = await Sink('127.0.0.51', tls=context).start()
        self.addAsyncCleanup(self.secure.stop)

    def _certificate(self):
        import os

        descriptor = os.memfd_create('certificate')
        self.addCleanup(os.close, descriptor)
        os.write(descriptor, certificate().encode())
        return descriptor

    def values(self):
        return {**super().values(), 'secure': self.secure.port}

    async def test_tls_where_it_is_offered(self):
        await self.reload('<domain *>\nsmtp-hosts [127.0.0.51]:{secure}\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual((self.secure.messages[0].tls, self.secure.messages[0].helo), (True, 'mail1.example.com'))

    async def test_no_tls_where_it_is_not_wanted(self):
        await self.reload('<domain *>\nsmtp-hosts [127.0.0.51]:{secure}\nuse-starttls no\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        self.assertFalse(self.secure.messages[0].tls)

    async def test_in_clear_where_the_handshake_fails(self):
        self.sink.extensions = ('STARTTLS',)
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual((self.sink.messages[0].tls, self.sink.connections), (False, 2))
        await self.reload(TO_SINK + 'require-starttls yes\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('TLS handshake failed', self.rows('tq')[0]['dsnDiag'])

    async def test_what_is_sent_in_clear_is_not_taken_as_sent_under_tls(self):
        self.secure.answers['STARTTLS'] = ['220 2.0.0 ready\r\n250 2.0.0 injected']
        await self.reload('<domain *>\nsmtp-hosts [127.0.0.51]:{secure}\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('data in clear after STARTTLS', self.rows()[0]['dsnDiag'])

    async def test_tls_that_is_required_and_not_offered(self):
        await self.reload(TO_SINK + 'require-starttls yes\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('does not offer STARTTLS, which is required', self.rows()[0]['dsnDiag'])
        self.assertEqual((self.sink.messages, len(self.spooled())), ([], 1))


if __name__ == '__main__':
    unittest.main()
