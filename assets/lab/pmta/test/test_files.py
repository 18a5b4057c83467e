"""The licence, the spool, the accounting files."""

import csv
import os
import tempfile
import time
import unittest

from support import LICENCE
from pmta_stand_in import licence
from pmta_stand_in.accounting import Accounting
from pmta_stand_in.model import AcctFile
from pmta_stand_in.spool import Spool, queue_matches


class Licence(unittest.TestCase):
    def refused(self, content, words):
        with self.assertRaisesRegex(licence.LicenceError, words):
            licence.parse(content)

    def test_crlf_and_lf_a_word_as_date_and_a_continued_check(self):
        for content in (LICENCE, LICENCE.replace(b'\r\n', b'\n')):
            fields = licence.parse(content)
            self.assertEqual((fields['product'], fields['version'], fields['mac'], fields['expires']), ('PowerMTA', '5.0', '', 'never'))
            self.assertEqual(fields['check'], 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoYWJjZGVm=')

    def test_what_is_no_licence(self):
        self.refused(b'', 'has no product')
        self.refused(LICENCE.replace(b'check', b'cheque'), 'line 14 is not')
        self.refused(LICENCE.replace(b'version: 5.0', b'version:'), 'has no version')
        self.refused(LICENCE.replace(b'version: 5.0', b'version: five'), 'is not a version')
        self.refused(LICENCE.replace(b'Nobody', b'Nobod\xff'), 'not ASCII')
        self.refused(b'stray line\n' + LICENCE, 'line 1 is not')
        self.refused(LICENCE + b'units: 2\n', 'repeats')

    def test_an_expired_licence(self):
        self.refused(LICENCE.replace(b'never', b'2021-01-31'), 'expired')
        licence.parse(LICENCE.replace(b'never', b'2999-01-31'))

    def test_messages_do_not_quote_the_licence(self):
        with self.assertRaises(licence.LicenceError) as caught:
            licence.parse(b'secret words without a colon\n')
        self.assertNotIn('secret', str(caught.exception))


def entry(*recipients):
    return {'timeQueued': 1.0, 'size': 2048, 'mailFrom': 'a@b.example',
            'recipients': [{'address': address, 'queue': queue} for address, queue in recipients]}


class SpoolOnDisk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = Spool(folder.name)
        self.spool.open()

    def test_a_message_is_there_after_a_restart(self):
        identity = self.spool.put(b'text', entry(('x@c.example', 'c.example/a')))
        again = Spool(self.spool.directory)
        again.open()
        self.assertEqual(again.entries[identity]['recipients'], [{'address': 'x@c.example', 'queue': 'c.example/a'}])
        with open(os.path.join(self.spool.directory, f'{identity}.msg'), 'rb') as handle:
            self.assertEqual(handle.read(), b'text')

    def test_a_message_that_was_never_committed_goes(self):
        for name in ('1.msg', '2.msg.tmp', '3.json.tmp'):
            open(os.path.join(self.spool.directory, name), 'wb').close()
        self.spool.open()
        self.assertEqual(os.listdir(self.spool.directory), [])

    def test_queues_count_recipients_and_bytes(self):
        self.spool.put(b'', entry(('x@c.example', 'c.example/a'), ('y@c.example', 'c.example/a'), ('z@d.example', 'd.example/a')))
        self.spool.put(b'', entry(('x@c.example', 'c.example/a')))
        self.assertEqual({name: (one['rcpt'], one['bytes']) for name, one in self.spool.queues().items()},
                         {'c.example/a': (3, 4096), 'd.example/a': (1, 2048)})

    def test_a_recipient_that_is_done_leaves_the_others(self):
        identity = self.spool.put(b'', entry(('x@c.example', 'c.example/a'), ('z@d.example', 'd.example/a')))
        kept = self.spool.entries[identity]
        self.spool.remove(kept, kept['recipients'][:1])
        again = Spool(self.spool.directory)
        again.open()
        self.assertEqual(list(again.queues()), ['d.example/a'])
        self.spool.remove(kept, kept['recipients'])
        self.assertEqual(os.listdir(self.spool.directory), [])

    def test_wildcards_in_queue_names(self):
        self.assertTrue(queue_matches('*/*', 'c.example/a'))
        self.assertTrue(queue_matches('c.example', 'c.example/a'))
        self.assertTrue(queue_matches('*/vmta-mail1', 'c.example/vmta-mail1'))
        self.assertFalse(queue_matches('*/vmta-mail1', 'c.example/vmta-mail11'))
        self.assertTrue(queue_matches('[192.0.2.1]/a', '[192.0.2.1]/a'))


class AccountingFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'acct.csv')

    def write(self, records, settings=None, fields=None, **record):
        accounting = Accounting([AcctFile(self.path, records, settings or {}, fields or {})])
        accounting.write('r', {'timeLogged': 0.0, 'orig': 'a@b.example', **record})
        return accounting

    def rows(self, path=None):
        with open(path or self.path, newline='', encoding='utf-8') as handle:
            return list(csv.DictReader(handle))

    def test_a_header_and_a_row_a_recipient(self):
        self.write(['r'], rcpt='x, "y"@c.example')
        self.write(['r'], rcpt='z@c.example')
        rows = self.rows()
        self.assertEqual(list(rows[0])[:2], ['type', 'timeLogged'])
        self.assertEqual([(row['type'], row['rcpt']) for row in rows], [('r', 'x, "y"@c.example'), ('r', 'z@c.example')])

    def test_only_the_types_that_are_asked_for(self):
        self.write(['d', 'b'])
        self.assertFalse(os.path.exists(self.path))

    def test_several_types_share_the_union_of_their_columns(self):
        self.write(['r', 'b'], vmta='a')
        self.assertIn('bounceCat', self.rows()[0])
        self.assertEqual(self.rows()[0]['vmta'], 'a')

    def test_fields_are_added_and_dropped(self):
        self.write(['r'], fields={'r': ['*', '!orig', 'header_Message-Id']}, **{'header_Message-Id': '<1@b.example>'})
        self.assertNotIn('orig', self.rows()[0])
        self.assertEqual(self.rows()[0]['header_Message-Id'], '<1@b.example>')

    def test_epoch_times_where_iso_times_are_off(self):
        self.write(['r'], {'iso-times': 'no'})
        self.assertEqual(self.rows()[0]['timeLogged'], '0')

    def test_rotation_keeps_the_rows_and_begins_anew(self):
        (moved,) = self.write(['r'], rcpt='1').rotate()
        self.assertEqual(self.rows(moved)[0]['rcpt'], '1')
        self.write(['r'], rcpt='2')
        self.assertEqual([row['rcpt'] for row in self.rows()], ['2'])

    def test_a_file_of_another_interval_is_moved(self):
        accounting = self.write(['r'], {'move-interval': '1h'}, rcpt='1')
        accounting.care()
        self.assertTrue(os.path.exists(self.path))
        os.utime(self.path, (time.time() - 3700,) * 2)
        accounting.care()
        self.assertFalse(os.path.exists(self.path))
        self.assertEqual(len(os.listdir(os.path.dirname(self.path))), 1)

    def test_what_was_moved_long_ago_is_deleted(self):
        for after, kept in (('2d', False), ('never', True)):
            accounting = self.write(['r'], {'delete-after': after}, rcpt='1')
            (moved,) = accounting.rotate()
            os.utime(moved, (time.time() - 3 * 86400,) * 2)
            accounting.care()
            self.assertEqual(os.path.exists(moved), kept)

    def test_files_are_moved_to_another_folder(self):
        folder = os.path.join(os.path.dirname(self.path), 'moved')
        os.mkdir(folder)
        (moved,) = self.write(['r'], {'move-to': folder}).rotate()
        self.assertEqual(os.path.dirname(moved), folder)

    def test_a_header_is_mapped_to_a_field(self):
        spec = AcctFile(self.path, ['r'], {}, {}, [('r', 'header_X-Who', 'rcpt'), ('r', 'header_X-Else', 'rcpt'), ('b', 'header_X-Else', 'orig')])
        Accounting([spec]).write('r', {'rcpt': 'x@c.example', 'orig': 'a@b.example', 'header_X-else': 'z', 'header_x-who': 'y'})
        self.assertEqual((self.rows()[0]['rcpt'], self.rows()[0]['orig']), ('y', 'a@b.example'))

    def test_a_file_over_its_size_is_rotated(self):
        self.write(['r'], {'max-size': '1b'}, rcpt='1')
        self.write(['r'], {'max-size': '1b'}, rcpt='2')
        self.assertEqual([row['rcpt'] for row in self.rows()], ['2'])

    def test_the_world_cannot_read_it(self):
        self.write(['r'])
        self.assertEqual(os.stat(self.path).st_mode & 0o007, 0)


if __name__ == '__main__':
    unittest.main()
