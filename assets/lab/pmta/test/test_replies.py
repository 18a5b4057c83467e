"""What replies do at once: bounces and their categories, and the actions of a smtp-pattern-list."""

import asyncio
import time
import unittest

from delivery_case import SINK, DeliveryCase, rules
from sink import Sink

CATEGORIES = """
<bounce-category-patterns>
/mailbox is full/ quota-issues
/^5\\.1\\.1/ bad-mailbox
/^550/ policy-related
// other
</bounce-category-patterns>
"""


class Bounces(DeliveryCase):
    rules = rules(more=CATEGORIES)

    async def test_categories_in_the_order_of_the_file(self):
        replies = iter(['550 5.1.1 mailbox is full', '550 5.1.1 unknown', '550 go away', '554 5.0.0 no'])
        self.sink.answers['END'] = lambda *_: next(replies)
        for number in range(4):
            await self.send('x@c.example')
            await self.until(lambda number=number: len(self.rows('b')) > number)
        self.assertEqual([(row['bounceCat'], row['dsnStatus'].split()[0]) for row in self.rows()],
                         [('quota-issues', '5.1.1'), ('bad-mailbox', '5.1.1'), ('policy-related', '5.0.0'), ('other', '5.0.0')])
        self.assertEqual((self.spooled(), self.rows()[0]['dsnAction']), ([], 'failed'))

    async def test_a_greeting_that_refuses(self):
        self.sink.answers['CONNECT'] = ['554 5.7.1 you are blocked', '554 5.7.1 you are blocked']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('b'))
        await self.reload(rules('bounce-upon-5xx-greeting no\n'))
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))

    async def test_553_means_an_invalid_mailbox(self):
        self.sink.answers['RCPT'] = ['553 no such user']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('b'))
        self.assertEqual(self.rows()[0]['dsnStatus'], '5.1.1 (bad destination mailbox address)')


class Actions(DeliveryCase):
    rules = rules('retry-after 1h\nbackoff-retry-after 1s\nbackoff-to-normal-after 1s\n', 'reply /too many/ mode=backoff\n')

    def mode(self, name='c.example/vmta-mail1'):
        return self.server.delivery.queue(name).mode

    async def test_backoff_is_for_one_queue_and_ends_with_its_time(self):
        self.sink.answers['MAIL'] = lambda sink, argument: '421 4.7.0 too many' if 'bad@' in argument and len(self.rows('t')) < 1 else None
        await self.send('x@c.example', sender='bad@b.example')
        await self.send('x@d.example')
        await self.send('x@c.example', vmta='vmta-mail2')
        await self.until(lambda: self.mode() == 'backoff')
        await self.until(lambda: len(self.rows('d')) >= 2)
        self.assertEqual((self.mode('d.example/vmta-mail1'), self.mode('c.example/vmta-mail2')), ('normal', 'normal'))
        await self.until(lambda: self.mode() == 'normal')
        await self.until(lambda: len(self.rows('d')) == 3)  # by backoff-retry-after, long before retry-after

    async def test_backoff_ends_with_a_delivery_where_that_is_wanted(self):
        await self.reload(rules('backoff-to-normal-after-delivery yes\nbackoff-retry-after 1s\n', 'reply /too many/ mode=backoff\n'))
        self.sink.answers['RCPT'] = ['450 4.7.0 too many']
        await self.send('x@c.example')
        await self.until(lambda: self.mode() == 'backoff')
        await self.until(lambda: self.rows('d'))
        self.assertEqual(self.mode(), 'normal')

    async def test_backoff_has_its_own_rate_and_no_end_by_default(self):
        await self.reload(rules('backoff-max-msg-rate 1/h\n', 'reply /too many/ mode=backoff\n'))
        self.sink.answers['RCPT'] = ['550 5.7.0 too many']
        await self.send('x@c.example')
        await self.until(lambda: self.mode() == 'backoff')
        for _ in range(2):
            await self.send('y@c.example')
        await self.until(lambda: self.rows('d'))
        await asyncio.sleep(0.1)
        self.assertEqual((self.queue('c.example/vmta-mail1').normal_at, len(self.rows('d')), len(self.spooled())), (float('inf'), 1, 1))

    async def test_a_rule_says_when_it_ends(self):
        await self.reload(rules('', 'reply /many/ mode=backoff,backoff-to-normal-after=2h\nreply /fine/ mode=normal\n'))
        self.sink.answers['RCPT'] = ['550 5.7.0 too many', '550 5.7.0 fine']
        await self.send('x@c.example')
        await self.until(lambda: self.mode() == 'backoff')
        self.assertAlmostEqual(self.queue('c.example/vmta-mail1').normal_at - time.time(), 7200, delta=5)
        await self.send('x@c.example')
        await self.until(lambda: self.mode() == 'normal')

    async def test_defer_queue_holds_all_of_it(self):
        await self.reload(rules('retry-after 1h\n', 'reply /too many/ defer-queue\n'))
        self.sink.answers['RCPT'] = ['450 4.7.0 too many']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('t'))
        await self.send('y@c.example')
        await asyncio.sleep(0.1)
        self.assertEqual(self.rows('d'), [])
        self.assertGreater(self.queue('c.example/vmta-mail1').next_try, time.time() + 3500)

    async def test_bounce_queue_bounces_all_of_it(self):
        await self.reload(rules('max-smtp-out 1\n', 'reply /blocked/ bounce-queue\n'))
        self.server.paused.add('*/*')
        for number in range(3):
            await self.send(f'{number}@c.example')
        self.server.paused.clear()
        self.sink.answers['RCPT'] = ['450 4.7.0 blocked']
        self.server.delivery.pump_all()
        await self.until(lambda: len(self.rows('b')) == 3)
        self.assertEqual((self.spooled(), {row['dsnDiag'] for row in self.rows()}), ([], {'smtp;450 4.7.0 blocked'}))

    async def test_bounce_rcpt_is_for_transient_replies_to_a_recipient(self):
        await self.reload(rules('', 'reply /unknown/ bounce-rcpt\n'))
        self.sink.answers['RCPT'] = ['450 4.1.1 unknown', None]
        self.sink.answers['END'] = ['450 4.1.1 unknown']
        await self.send('x@c.example', 'y@c.example')
        await self.until(lambda: len(self.rows()) == 2)
        self.assertEqual([(row['type'], row['rcpt']) for row in self.rows()], [('b', 'x@c.example'), ('t', 'y@c.example')])

    async def test_disable_source_ip(self):
        source = '<virtual-mta two>\nsmtp-source-host 127.0.0.111 a.example.com\nsmtp-source-host 127.0.0.112 b.example.com\n</virtual-mta>\n'
        await self.reload(rules('retry-after 1s\n', 'reply /blocked/ disable-source-ip,reenable-after=1h\n', source))
        self.sink.answers['CONNECT'] = lambda _, peer: '421 4.7.0 blocked' if peer == '127.0.0.111' else None
        for _ in range(2):
            await self.send('x@c.example', vmta='two')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertEqual({one.peer for one in self.sink.messages}, {'127.0.0.112'})
        ((address, queue, until),) = self.server.delivery.sources.disabled()
        self.assertEqual((address, queue), ('127.0.0.111', 'c.example/two'))
        self.assertAlmostEqual(until - time.time(), 3600, delta=5)


class SeveralServers(DeliveryCase):
    rules = rules('', 'reply /busy/ skip-mx\n')

    async def more_sinks(self):
        self.other = await Sink('127.0.0.51').start()
        self.addAsyncCleanup(self.other.stop)

    def values(self):
        return {**super().values(), 'other': self.other.port}

    async def asyncSetUp(self):
        self.rules = self.rules.replace(SINK, SINK.rstrip() + ';[127.0.0.51]:{other}\n')
        await super().asyncSetUp()

    async def test_the_preferred_one_first_and_the_next_where_it_is_away(self):
        await self.send('x@c.example')
        await self.until(lambda: len(self.sink.messages) == 1)
        self.sink.answers['CONNECT'] = lambda *_: '421 4.3.2 not now'
        await self.send('x@c.example')
        await self.until(lambda: len(self.other.messages) == 1)
        self.assertEqual(self.rows('tq'), [])

    async def test_skip_mx_goes_on_to_the_next(self):
        self.sink.answers['RCPT'] = ['451 4.3.0 busy']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        self.assertEqual((len(self.other.messages), self.rows('t', 'tq')), (1, []))

    async def test_none_of_them(self):
        await self.sink.stop()
        self.other.answers['CONNECT'] = lambda *_: '421 4.3.2 not now'
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertEqual(self.rows('tq')[0]['dsnDiag'], 'smtp;421 4.3.2 not now')


if __name__ == '__main__':
    unittest.main()
