"""Where mail goes by DNS."""

import unittest

from delivery_case import DeliveryCase
from name_server import NameServer
from pmta_stand_in.destinations import Resolver
from sink import Sink

RECORDS = {
    ('mx.example', 'MX'): ['20 second.mx.example.', '10 first.mx.example.', '10 FIRST.mx.example.'],
    ('first.mx.example', 'A'): ['127.0.0.50'],
    ('second.mx.example', 'A'): ['127.0.0.51'],
    ('plain.example', 'A'): ['127.0.0.50'],
    ('null.example', 'MX'): ['0 .'],
    ('empty.example', 'TXT'): ['"nothing for mail"'],
    ('lost.example', 'MX'): ['10 nowhere.example.'],
}


class ByDns(DeliveryCase):
    rules = '<domain *>\ndefault-smtp-port {sink}\n</domain>\n'

    async def more_sinks(self):
        self.other = await Sink('127.0.0.51').start(self.sink.port)
        self.addAsyncCleanup(self.other.stop)
        self.dns = await NameServer(RECORDS).start()
        self.addCleanup(self.dns.stop)
        self.resolver = Resolver(['127.0.0.53'], self.dns.port)

    async def test_the_best_mail_exchanger_then_the_next(self):
        await self.send('x@mx.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual((len(self.sink.messages), self.rows()[0]['dsnMta'].lower()), (1, 'first.mx.example (127.0.0.50)'))
        await self.sink.stop()
        await self.send('x@mx.example')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual((len(self.other.messages), self.rows()[1]['dlvDestinationIp']), (1, '127.0.0.51'))

    async def test_answers_are_kept_and_forgotten_on_command(self):
        for _ in range(2):
            await self.send('x@plain.example')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual(len(self.dns.asked), len(set(self.dns.asked)))
        self.assertEqual((self.resolver.forget('plain.example'), self.resolver.forget('plain.example')), (True, False))

    async def test_the_address_of_the_domain_where_it_has_no_mx(self):
        await self.send('x@plain.example', 'x@[127.0.0.51]')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual((len(self.sink.messages), len(self.other.messages)), (1, 1))

    async def test_a_null_mx_bounces_at_once(self):
        await self.send('x@null.example')
        await self.until(lambda: self.rows('b'))
        self.assertEqual(self.rows()[0]['dsnStatus'], '5.1.10 (recipient address has null MX)')

    async def test_without_a_server_it_waits_or_bounces_as_configured(self):
        for domain in ('empty.example', 'gone.example', 'lost.example'):
            await self.send(f'x@{domain}')
        await self.until(lambda: len(self.rows('tq')) == 3)
        self.assertEqual(len(self.spooled()), 3)
        await self.reload('<domain *>\nbounce-upon-no-mx yes\n</domain>\n')
        for queue in self.server.delivery.queues.values():
            queue.wake_all()
        self.server.delivery.pump_all()
        await self.until(lambda: len(self.rows('b')) == 3)
        self.assertEqual({row['dsnStatus'] for row in self.rows('b')}, {'5.1.2 (bad destination system address)'})

    async def test_a_name_server_that_fails_never_bounces(self):
        await self.reload('<domain *>\nbounce-upon-no-mx yes\nretry-after-dns-error 1s\ndefault-smtp-port {sink}\n</domain>\n')
        self.dns.broken.add('plain.example')
        await self.send('x@plain.example')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('DNS: plain.example MX', self.rows()[0]['dsnDiag'])
        self.dns.broken.clear()
        await self.until(lambda: self.rows('d'))

    async def test_hosts_of_smtp_hosts(self):
        await self.reload('<domain *>\nsmtp-hosts nowhere.example:9;second.mx.example:{sink},lookup-mx:plain.example\n</domain>\n')
        await self.send('x@any.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual(len(self.other.messages), 1)


if __name__ == '__main__':
    unittest.main()
