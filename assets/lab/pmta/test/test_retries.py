"""What is tried again, when, and for how long."""

import time
import unittest

from delivery_case import DeliveryCase, rules
from sink import Sink


class Retries(DeliveryCase):
    rules = rules('retry-after 1s,1h\nbounce-after 1d\n')

    async def test_after_a_transient_reply_the_message_is_tried_again(self):
        self.sink.answers['END'] = ['451 4.7.1 greylisted']
        begin = time.monotonic()
        await self.send('x@c.example', 'y@c.example')
        await self.until(lambda: len(self.rows('t')) == 2)
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertGreaterEqual(time.monotonic() - begin, 1)
        row = self.rows('t')[0]
        self.assertEqual((row['dsnAction'], row['dsnStatus'], row['dsnDiag']),
                         ('delayed', '4.7.1 (delivery not authorized, message refused)', 'smtp;451 4.7.1 greylisted'))

    async def test_the_second_wait_is_the_second_of_the_list(self):
        self.sink.answers['MAIL'] = ['421 4.7.0 later', '421 4.7.0 later']
        await self.send('x@c.example')
        await self.until(lambda: len(self.rows('t')) == 2)
        self.assertAlmostEqual(self.queue('c.example/vmta-mail1').delayed[0][0] - time.time(), 3600, delta=5)

    async def test_a_queue_whose_server_is_away_waits_as_a_whole(self):
        self.sink.answers['CONNECT'] = ['421 4.3.2 too busy']
        await self.send('x@c.example')
        await self.send('y@c.example')
        await self.until(lambda: self.rows('tq'))
        await self.until(lambda: len(self.rows('d')) == 2)
        row = self.rows('tq')[0]
        self.assertEqual((row['queue'], row['rcpt'], row['dsnDiag']), ('c.example/vmta-mail1', '', 'smtp;421 4.3.2 too busy'))

    async def test_bounce_after(self):
        await self.reload(rules('retry-after 1h\nbounce-after 1s\n'))
        self.sink.answers['END'] = ['451 4.2.2 mailbox full']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('b'))
        row = self.rows('b')[0]
        self.assertEqual((row['dsnStatus'], row['bounceCat'], row['dsnDiag']),
                         ('4.4.7 (delivery time expired)', 'message-expired', 'smtp;451 4.2.2 mailbox full'))
        self.assertEqual(self.spooled(), [])

    async def test_an_own_time_for_recipients(self):
        await self.reload(rules('retry-after 1h\nretry-recipients-after 1s\n'))
        self.sink.answers['RCPT'] = ['450 4.2.0 later']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))

    async def test_a_connection_that_breaks_in_the_middle(self):
        self.sink.answers['END'] = [Sink.DROP]
        await self.send('x@c.example')
        await self.until(lambda: self.rows('t'))
        self.assertIn('connection closed by the server', self.rows('t')[0]['dsnDiag'])
        await self.until(lambda: self.rows('d'))

    async def test_silence_after_the_last_dot(self):
        for assumed, kind in (('no', 't'), ('yes', 'd')):
            await self.reload(rules(f'smtp-data-termination-timeout 1s\nassume-delivery-upon-data-termination-timeout {assumed}\n'))
            self.sink.answers['END'] = [Sink.HANG]
            await self.send('x@c.example')
            await self.until(lambda kind=kind: self.rows(kind))
        self.assertEqual(self.rows('d')[0]['dsnDiag'], 'smtp;250 2.0.0 [internal] no reply to the end of data, delivery assumed')

    async def test_a_server_that_does_not_greet(self):
        await self.reload(rules('smtp-greeting-timeout 1s\n'))
        self.sink.answers['CONNECT'] = [Sink.HANG]
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertIn('no greeting', self.rows('tq')[0]['dsnDiag'])


if __name__ == '__main__':
    unittest.main()
