"""`pmta` as an operator types it, against a server over its control socket."""

import asyncio
import contextlib
import io
import json
import os
import re
import subprocess
import tempfile
import unittest
from unittest import mock

from support import HERE, ServerCase, write_key
from pmta_stand_in import cli, command_words, commands, control
from pmta_stand_in.paths import Paths


def pmta(paths, *words):
    """(exit status, standard output, standard error)"""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(cli, '_permitted', lambda: True):
        status = cli.main(list(words), paths)
    return status, out.getvalue(), err.getvalue()


class Words(unittest.TestCase):
    def test_abbreviations(self):
        self.assertEqual(command_words.find(['sh', 'stat']), ('show status', []))
        self.assertEqual(command_words.find(['show', 'settings', 'a/b']), ('show settings', ['a/b']))
        self.assertEqual(command_words.find(['rel']), ('reload', []))
        self.assertIsNone(command_words.find(['re']))
        self.assertIsNone(command_words.find(['show', 'top']))

    def test_every_handler_has_its_words(self):
        self.assertLessEqual(commands.HANDLERS.keys(), command_words.COMMANDS.keys())

    def test_what_is_no_command(self):
        for text in ('start', 'stop', 'status', 'check', 'check-config', 'check config', 'verify', 'submit', 'show config',
                     'show route', '--config-test', 'show status extra', 'delete', 'pause queue', ''):
            status, out, err = pmta(Paths(), *text.split())
            self.assertEqual((status, out), (1, ''), text)
            self.assertIn('Usage: pmta', err)

    def test_a_server_that_is_down_is_said_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(pmta(Paths(run=folder), 'show', 'status'), (1, '', 'Error: cannot connect to pmtad: it is not running.\n'))

    def test_only_root_and_the_group_may(self):
        err = io.StringIO()
        with contextlib.redirect_stderr(err), mock.patch.object(cli, '_permitted', lambda: False):
            self.assertEqual(cli.main(['show', 'status']), 1)
        self.assertIn('only root and members of the group pmta', err.getvalue())


class Commands(ServerCase):
    config = (
        'smtp-listener 127.0.0.1:{port}\nrelay-domain in.example\nsmtp-source-host 127.0.0.1 mail.example.com\n'
        '<virtual-mta vmta-mail1>\nsmtp-source-host 127.0.0.1 mail1.example.com\n'
        'domain-key mail,mail1.example.com,{dir}/mail1.pem\n</virtual-mta>\n'
        '<virtual-mta vmta-mail2>\nsmtp-source-host 192.0.2.250 mail2.example.com\n</virtual-mta>\n'
        '<source 127.0.0.1>\ndefault-virtual-mta vmta-mail1\n</source>\n'
        '<domain in.example>\nmax-msg-rate 7/h\ndkim-sign yes\n</domain>\n'
    )

    def before_start(self):
        write_key(os.path.join(self.dir, 'mail1.pem'))

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.controller = await control.serve(self.server, control.bind(self.paths.control, None))
        self.addCleanup(self.controller.close)

    async def pmta(self, *words):
        return await asyncio.to_thread(pmta, self.paths, *words)

    async def send(self):
        await asyncio.to_thread(lambda: self.client().sendmail('a@b.example', ['x@in.example', 'y@in.example'], 'Subject: x\r\n\r\nx'))

    async def test_status_in_every_form(self):
        _, dom, _ = await self.pmta('--dom', 'show', 'status')
        self.assertIn('status.status="running"\n', dom)
        self.assertIn('mta.product.version="5.0r8"\n', dom)
        self.assertIn('status.spool.initPct="100"\n', dom)
        _, xml, _ = await self.pmta('show', 'status', '--xml')
        self.assertRegex(xml, r'^<rsp><data>.*<status>running</status>.*</data><succ/></rsp>\n$')
        _, text, _ = await self.pmta('--json', 'show', 'status')
        self.assertEqual(json.loads(text)['data']['status']['status'], 'running')
        self.assertEqual(json.loads(text)['status'], 'success')

    async def test_the_settings_of_a_virtual_mta(self):
        status, text, _ = await self.pmta('show', 'vmta-settings', 'vmta-mail1')
        self.assertEqual((status, text), (0, f'virtual-mta vmta-mail1\nsmtp-source-host 127.0.0.1 mail1.example.com\n'
                                             f'domain-key mail,mail1.example.com,{self.dir}/mail1.pem\n'))
        _, text, _ = await self.pmta('show', 'vmta-settings', 'vmta-mail2')
        self.assertIn('192.0.2.250 mail2.example.com  (not on this host)', text)
        _, dom, _ = await self.pmta('--dom', 'show', 'vmta-settings', 'vmta-mail1')
        self.assertIn('vmta.domainKey[0].selector="mail"\n', dom)
        status, _, err = await self.pmta('show', 'vmta-settings', 'none')
        self.assertEqual((status, err), (1, 'Error: virtual MTA "none" does not exist.\n'))

    async def test_the_settings_of_a_queue(self):
        _, text, _ = await self.pmta('show', 'settings', 'in.example/vmta-mail1')
        self.assertIn('max-msg-rate 7/h\n', text)
        self.assertIn('retry-after 10m\n', text)

    async def test_the_listing_of_queues(self):
        await self.send()
        _, text, _ = await self.pmta('show', 'queues')
        self.assertRegex(text, r'in\.example/vmta-mail1 +2 +0 +normal +no +0 +- +-\n')

    async def test_a_queue_is_paused_resumed_and_deleted(self):
        await self.send()
        self.assertEqual((await self.pmta('pause', 'queue', '*/vmta-mail1'))[0], 0)
        self.assertIn('queue[0].paused="yes"', (await self.pmta('--dom', 'show', 'queues'))[1])
        self.assertEqual((await self.pmta('resume', 'queue', '*/vmta-mail2'))[0], 1)
        self.assertEqual((await self.pmta('resume', 'queue', '*/vmta-mail1'))[0], 0)
        self.assertIn('queue[0].paused="no"', (await self.pmta('--dom', 'show', 'queues'))[1])
        self.assertEqual(await self.pmta('delete', '--queue=*/vmta-mail1'), (0, '2 recipients deleted.\n', ''))
        self.assertEqual(await self.pmta('show', 'queues'), (0, 'No queues.\n', ''))

    async def test_reload(self):
        self.assertEqual(await self.pmta('reload'), (0, 'Configuration reloaded.\n', ''))
        self.write('nonsense 1\n')
        status, _, err = await self.pmta('reload')
        self.assertEqual(status, 1)
        self.assertIn('config:5: unknown directive "nonsense"', err)
        self.assertIn('the one in memory stays in force', err)

    async def test_test_config_reads_the_disk_only(self):
        self.assertEqual((await self.pmta('test', 'config'))[:2], (0, 'Configuration is valid.\n'))
        self.write('nonsense 1\n')
        status, out, _ = await self.pmta('test', 'config')
        self.assertEqual((status, out.splitlines()[0]), (1, f'{self.dir}/config:5: unknown directive "nonsense" at the top level'))
        self.assertEqual((await self.pmta('show', 'vmta-settings', 'vmta-mail1'))[0], 0)

    async def test_the_licence_is_shown_without_its_secrets(self):
        _, text, _ = await self.pmta('show', 'license')
        self.assertEqual(text, 'product: PowerMTA\nversion: 5.0\nplatform: linux-intel\nexpires: never\n')

    async def test_what_the_stand_in_lacks_fails(self):
        status, _, err = await self.pmta('resolve', 'example.com')
        self.assertEqual((status, err), (1, 'Error: this stand-in has no "resolve".\n'))


class Package(unittest.TestCase):
    def test_it_is_reproducible_and_says_that_it_is_a_stand_in(self):
        with tempfile.TemporaryDirectory() as folder:
            build = os.path.join(HERE, '..', 'build.sh')
            contents = []
            for name in ('one', 'two'):
                out = os.path.join(folder, name)
                subprocess.run([build, out], check=True, capture_output=True)
                with open(os.path.join(out, 'powermta-stand-in_5.0r8_amd64.deb'), 'rb') as handle:
                    contents.append(handle.read())
            self.assertEqual(contents[0], contents[1])
            shown = subprocess.run(['dpkg-deb', '-f', os.path.join(folder, 'one', 'powermta-stand-in_5.0r8_amd64.deb')],
                                   check=True, capture_output=True, text=True).stdout
        self.assertIn('Package: powermta\n', shown)
        self.assertTrue(re.search(r'^Description: stand-in for tests, not PowerMTA$', shown, re.MULTILINE))


if __name__ == '__main__':
    unittest.main()
