"""Accounting records of what happens to messages, with the columns that every record of a message has."""

import time

from . import message
from .accounting import Accounting


class Records:
    def __init__(self, spool, log, acct_files):
        self._spool, self._log = spool, log
        self.use(acct_files)

    def use(self, acct_files):
        self._accounting = Accounting(acct_files)

    @property
    def ignored(self):
        return self._accounting.ignored

    def write(self, kind, entry, recipient, **more):
        now = time.time()
        record = {
            'timeLogged': now,
            'timeQueued': entry['timeQueued'],
            'timeFirstAttempt': entry.get('timeFirstAttempt', ''),
            'totalSecondsQueued': int(now - entry['timeQueued']),
            'orig': entry['mailFrom'],
            'rcpt': recipient['address'],
            'orcpt': recipient['address'],
            'srcType': entry['srcType'],
            'srcMta': entry['srcMta'],
            'dlvSize': entry['size'],
            'vmta': entry['vmta'],
            'jobId': entry['jobId'],
            'envId': entry['envId'],
            'queue': recipient['queue'],
            'vmtaPool': entry['vmtaPool'],
            **more,
        }
        if kind != 'r' and self._accounting.wants_headers(kind):
            record.update(self._headers(entry))
        self.append(kind, record)

    def put_off(self, queue, entry, described):
        """A `tq` record: the queue as a whole waits."""
        self.append('tq', {'timeLogged': time.time(), 'queue': queue, 'vmta': entry['vmta'], 'dsnAction': 'delayed', **described})

    def append(self, kind, record):
        try:
            self._accounting.write(kind, record)
        except OSError as error:
            self._log.error('acct-file: %s', error)

    def _headers(self, entry):
        try:
            return header_columns(message.split(self._spool.head(entry['id']))[0])
        except OSError:
            return {}

    def care(self):
        try:
            self._accounting.care()
        except OSError as error:
            self._log.error('acct-file: %s', error)

    def rotate(self, path=None):
        return self._accounting.rotate(path)


def header_columns(fields):
    """{header_Name: body}; of several fields of a name the first."""
    return {f'header_{field.decode("latin-1").partition(":")[0].strip()}': body for _, body, field in reversed(fields)}
