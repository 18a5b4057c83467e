"""What an operator does with queues that deliver."""

import asyncio
import json
import unittest

from delivery_case import DeliveryCase, rules
from pmta_stand_in import control
from test_cli import pmta

QUEUE = 'c.example/vmta-mail1'


class QueueCommands(DeliveryCase):
    rules = rules('retry-after 1h\n', 'reply /too many/ mode=backoff,backoff-to-normal-after=1h\n')

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.controller = await control.serve(self.server, control.bind(self.paths.control, None))
        self.addCleanup(self.controller.close)

    async def pmta(self, *words):
        return await asyncio.to_thread(pmta, self.paths, *words)

    async def data(self, *words):
        status, out, err = await self.pmta('--json', *words)
        self.assertEqual((status, err), (0, ''), out)
        return json.loads(out)['data']

    async def row(self, name=QUEUE):
        return next((one for one in (await self.data('show', 'queues'))['queue'] if one['name'] == name), None)

    async def test_a_paused_queue_waits_and_the_others_do_not(self):
        await self.pmta('pause', 'queue', '*/vmta-mail1')
        await self.send('x@c.example')
        await self.send('x@c.example', vmta='vmta-mail2')
        await self.until(lambda: self.rows('d'))
        await asyncio.sleep(0.05)
        self.assertEqual([row['vmta'] for row in self.rows('d')], ['vmta-mail2'])
        self.assertEqual((await self.row())['paused'], 'yes')
        await self.pmta('resume', 'queue', '*/vmta-mail1')
        await self.until(lambda: len(self.rows('d')) == 2)
        self.assertIsNone(await self.row())

    async def test_the_listing_tells_mode_error_and_next_try(self):
        self.sink.answers['RCPT'] = ['450 4.7.0 too many']
        await self.send('x@c.example', 'y@c.example')
        await self.until(lambda: self.rows('t'))
        row = await self.row()
        self.assertEqual((row['rcp'], row['mode'], row['paused'], row['lastError']), (1, 'backoff', 'no', '450 4.7.0 too many'))
        self.assertRegex(row['retryTime'], r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$')
        self.assertGreater(row['normalTime'], row['modeSince'])
        (top,) = (await self.data('show', 'topqueues', '--maxitems=5', '--errors'))['queue']
        self.assertEqual(top['event'], [{'time': row['lastErrorTime'], 'text': '450 4.7.0 too many'}])
        _, dom, _ = await self.pmta('--dom', 'show', 'topqueues', '--errors')
        self.assertIn('queue[0].event[0].text="450 4.7.0 too many"\n', dom)

    async def test_schedule_does_not_wait(self):
        self.sink.answers['CONNECT'] = ['421 4.3.2 later']
        await self.send('x@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertEqual((await self.pmta('schedule', 'd.example'))[0], 1)
        self.assertEqual((await self.pmta('schedule', QUEUE))[:2], (0, '1 queue(s) scheduled.\n'))
        await self.until(lambda: self.rows('d'))

    async def test_the_mode_is_set_by_hand(self):
        self.assertEqual((await self.pmta('set', 'queue', QUEUE))[0], 1)
        self.assertEqual((await self.pmta('set', 'queue', '--mode=slow', QUEUE))[0], 1)
        self.assertEqual((await self.pmta('set', 'queue', '--mode=backoff', QUEUE))[0], 0)
        self.assertEqual((await self.row())['mode'], 'backoff')
        self.assertEqual((await self.pmta('set', 'queue', '--mode=normal', QUEUE))[0], 0)
        self.assertIsNone(await self.row())

    async def test_a_source_is_disabled_and_enabled(self):
        self.assertEqual((await self.pmta('disable', 'source', 'x', QUEUE))[0], 1)
        self.assertEqual((await self.pmta('disable', 'source', '127.0.0.101', '*/*'))[0], 0)
        await self.send('x@c.example')
        self.assertEqual(await self.data('show', 'disabled', 'sources'),
                         {'source': [{'ip': '127.0.0.101', 'queue': '*/*', 'reenableTime': 'never'}]})
        await asyncio.sleep(0.05)
        self.assertEqual((self.rows(), (await self.row())['lastError']), ([], 'all source addresses are disabled'))
        self.assertEqual((await self.pmta('enable', 'source', '127.0.0.102', '*/*'))[0], 1)
        self.assertEqual((await self.pmta('enable', 'source', '127.0.0.101', '*/*'))[0], 0)
        await self.until(lambda: self.rows('d'))

    async def test_deleted_mail_is_a_bounce_in_the_records(self):
        self.sink.answers['CONNECT'] = ['421 4.3.2 later']
        await self.send('x@c.example', 'y@c.example')
        await self.until(lambda: self.rows('tq'))
        self.assertEqual((await self.pmta('delete', f'--queue={QUEUE}'))[1], '2 recipients deleted.\n')
        self.assertEqual([row['dsnStatus'][:5] for row in self.rows('b')], ['5.7.1', '5.7.1'])
        self.assertEqual(self.spooled(), [])

    async def test_traffic_is_counted_and_reset(self):
        await self.send('x@c.example', 'y@d.example')
        await self.until(lambda: len(self.rows('d')) == 2)
        _, dom, _ = await self.pmta('--dom', 'show', 'status')
        for line in ('status.traffic.total.in.msg="1"', 'status.traffic.total.in.rcp="2"', 'status.traffic.total.out.rcp="2"',
                     'status.traffic.lastHr.out.rcp="2"', 'status.queue.smtp.rcp="0"', 'status.conn.smtpOut.max="1200"'):
            self.assertIn(line + '\n', dom)
        await self.pmta('reset', 'counters')
        _, dom, _ = await self.pmta('--dom', 'show', 'status')
        self.assertIn('status.traffic.total.out.rcp="0"\n', dom)

    async def test_accounting_is_rotated(self):
        await self.send('x@c.example')
        await self.until(lambda: self.rows('d'))
        _, text, _ = await self.pmta('rotate', 'acct')
        self.assertRegex(text, r'^Rotated to .*/acct-\d{4}-\d\d-\d\d-0000\.csv\.\n$')
        self.assertEqual(self.rows(), [])


if __name__ == '__main__':
    unittest.main()
