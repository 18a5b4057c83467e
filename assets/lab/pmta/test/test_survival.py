"""Reloads, stops and kills with mail under way: nothing that was accepted is lost, and nothing is delivered twice without need."""

import asyncio
import os
import signal
import subprocess
import unittest
from collections import Counter

from delivery_case import DeliveryCase, rules
from sink import Sink
from support import HERE


class Reloads(DeliveryCase):
    rules = rules('max-smtp-out 1\n')

    async def test_a_reload_neither_loses_nor_doubles(self):
        for number in range(20):
            await self.send(f'{number}@c.example')
            if number % 3 == 0:
                await self.server.reload()
        await self.until(lambda: len(self.rows('d')) == 20)
        self.assertEqual(max(Counter(one.recipients[0] for one in self.sink.messages).values()), 1)
        self.assertEqual(len(self.sink.messages), 20)

    async def test_what_is_being_sent_for_a_virtual_mta_that_goes_is_sent_and_the_rest_bounces(self):
        mta = '<virtual-mta gone>\nsmtp-source-host 127.0.0.103 gone.example.com\n</virtual-mta>\n'
        await self.reload(self.rules + mta)
        self.sink.answers['END'] = [Sink.HANG]
        await self.send('first@c.example', vmta='gone')
        await self.until(lambda: ('END', 'first@c.example') in self.sink.said)
        await self.send('second@c.example', vmta='gone')
        await self.reload(self.rules)
        await self.until(lambda: self.rows('b'))
        self.assertEqual([(row['rcpt'], row['dsnStatus'][:5]) for row in self.rows()], [('second@c.example', '5.3.5')])
        await self.sink.stop()
        await self.until(lambda: len(self.rows('b')) == 2)
        self.assertEqual((self.rows('b')[1]['dsnStatus'][:5], self.spooled()), ('5.3.5', []))

    async def test_mail_of_a_virtual_mta_that_is_gone_bounces_also_what_an_old_connection_brings(self):
        await self.reload(self.rules + '<virtual-mta gone>\n</virtual-mta>\n')
        self.server.paused.add('*/*')
        await self.send('x@c.example', vmta='gone')
        client = await asyncio.to_thread(self.client)
        await self.reload(self.rules)
        await self.until(lambda: len(self.rows('b')) == 1)
        await asyncio.to_thread(client.sendmail, 'a@b.example', ['y@c.example'], 'X-Virtual-MTA: gone\r\n\r\nx')
        await self.until(lambda: len(self.rows('b')) == 2)
        self.assertEqual(([row['dsnStatus'][:5] for row in self.rows()], self.spooled()), (['5.3.5', '5.3.5'], []))

    async def test_what_was_queued_obeys_the_new_configuration(self):
        await self.reload('<domain *>\nsmtp-hosts [127.0.0.50]:9\n</domain>\n')
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        await self.reload(self.rules)
        self.queue('c.example/vmta-mail1').wake_all()
        self.server.delivery.pump_all()
        await self.until(lambda: self.rows('d'))

    async def test_a_stop_waits_for_the_last_word(self):
        self.sink.answers['END'] = lambda *_: None
        for number in range(5):
            await self.send(f'{number}@c.example')
        await self.server.delivery.stop()
        left = sum(len(entry['recipients']) for entry in self.spooled())
        self.assertEqual(len(self.sink.messages) + left, 5)


class Kills(DeliveryCase):
    rules = rules('max-smtp-out 2\nretry-after 1s\n')

    async def asyncSetUp(self):
        await super().asyncSetUp()
        await self.server.stop()
        self.addAsyncCleanup(self.kill)
        self.process = None

    async def run_server(self):
        self.process = await asyncio.create_subprocess_exec(
            '/usr/bin/python3', '-B', os.path.join(HERE, 'server_process.py'), self.dir, stdout=subprocess.PIPE)
        self.assertEqual(await self.process.stdout.readline(), b'started\n')

    async def kill(self):
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def test_killed_between_the_last_dot_and_the_answer(self):
        await self.run_server()
        self.sink.answers['END'] = [Sink.HANG]
        await self.send('x@c.example', 'y@d.example')
        await self.until(lambda: any(verb == 'END' for verb, _ in self.sink.said))
        await self.kill()
        await self.run_server()
        await self.until(lambda: {one.recipients[0] for one in self.sink.messages} == {'x@c.example', 'y@d.example'})

    async def test_killed_again_and_again_nothing_is_lost(self):
        await self.run_server()
        for number in range(12):
            await self.send(f'{number}@c.example')
            if number in (4, 9):
                await self.kill()
                await self.run_server()
        await self.until(lambda: len({one.recipients[0] for one in self.sink.messages}) == 12)
        await self.until(lambda: not os.listdir(os.path.join(self.dir, 'spool')))
        self.assertGreaterEqual(len(self.rows('d')), 12)
        # Only what was in the window between the answer and the spool may come twice: one message a connection and kill.
        self.assertLessEqual(len(self.sink.messages), 12 + 4)


class Many(DeliveryCase):
    async def asyncSetUp(self):
        mtas = [f'<virtual-mta v{one}>\nsmtp-source-host 127.0.2.{one} m{one}.example.com\n</virtual-mta>\n' for one in range(1, 101)]
        pool = '<virtual-mta-pool all>\n' + ''.join(f'virtual-mta v{one}\n' for one in range(1, 101)) + '</virtual-mta-pool>\n'
        self.rules = rules() + ''.join(mtas) + pool
        await super().asyncSetUp()

    async def test_a_hundred_virtual_mtas_each_from_its_own_address(self):
        def work():
            client = self.client()
            for number in range(200):
                client.sendmail('a@b.example', ['x@c.example'], f'X-Virtual-MTA: all\r\nSubject: {number}\r\n\r\nx\r\n')

        await asyncio.to_thread(work)
        await self.until(lambda: len(self.sink.messages) == 200, 20)
        self.assertEqual(set(Counter((one.peer, one.helo) for one in self.sink.messages).values()), {2})
        self.assertEqual(len({one.peer for one in self.sink.messages}), 100)


if __name__ == '__main__':
    unittest.main()
