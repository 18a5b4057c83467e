"""What the tests of delivery share: a server that delivers, to sinks on loopback addresses."""

import asyncio
import csv
import os

from sink import Sink
from support import ServerCase

HEAD = """
smtp-listener 127.0.0.1:{port}
<source 127.0.0.1>
always-allow-relaying yes
process-x-virtual-mta yes
process-x-job yes
default-virtual-mta vmta-mail1
</source>
<acct-file {dir}/acct.csv>
records d,b,t,tq
</acct-file>
<virtual-mta vmta-mail1>
smtp-source-host 127.0.0.101 mail1.example.com
</virtual-mta>
<virtual-mta vmta-mail2>
smtp-source-host 127.0.0.102 mail2.example.com
</virtual-mta>
"""

BODY = 'From: contact@mail1.example.com\r\nTo: x@c.example\r\nSubject: hello\r\n\r\n.dot\r\nline\r\n'
SINK = 'smtp-hosts [127.0.0.50]:{sink}\n'


def rules(domain='', patterns='', more=''):
    """A configuration whose queues go to the sink and obey `patterns`."""
    text = f'<domain *>\n{SINK}smtp-pattern-list replies\n{domain}</domain>\n<smtp-pattern-list replies>\n{patterns}</smtp-pattern-list>\n'
    return text.replace('smtp-pattern-list replies\n', '' if not patterns else 'smtp-pattern-list replies\n', 1) + more


class DeliveryCase(ServerCase):
    """`rules` is what the configuration says beyond HEAD; {sink} is the port of the sink on 127.0.0.50."""

    rules = ''

    async def asyncSetUp(self):
        self.sink = await Sink().start()
        self.addAsyncCleanup(self.sink.stop)
        await self.more_sinks()
        self.config = self.configuration(self.rules)
        await super().asyncSetUp()
        self.server.start()

    async def more_sinks(self):
        """For tests that need another one."""

    def values(self):
        return {'sink': self.sink.port}

    def configuration(self, rules):
        for name, value in self.values().items():
            rules = rules.replace('{' + name + '}', str(value))
        return HEAD + rules

    async def reload(self, rules):
        self.write(self.configuration(rules))
        await self.server.reload()

    async def send(self, *recipients, body=BODY, sender='contact@mail1.example.com', vmta=None):
        """Hands a message in, as a feeder does."""
        text = (f'X-Virtual-MTA: {vmta}\r\n' if vmta else '') + body

        def work():
            client = self.client()
            client.sendmail(sender, list(recipients), text)
            client.quit()

        await asyncio.to_thread(work)

    async def until(self, condition, seconds=15):
        """Waits until the condition holds; fails where it does not in time."""
        for _ in range(int(seconds * 100)):
            if condition():
                return
            await asyncio.sleep(0.01)
        self.fail(f'not in time: {[(one.name, one.last_error, one.mode) for one in self.server.delivery.queues.values()]}')

    def rows(self, *kinds, name='acct.csv'):
        path = os.path.join(self.dir, name)
        if not os.path.exists(path):
            return []
        with open(path, newline='', encoding='utf-8') as handle:
            return [row for row in csv.DictReader(handle) if not kinds or row['type'] in kinds]

    def queue(self, name):
        return self.server.delivery.queues[name]
