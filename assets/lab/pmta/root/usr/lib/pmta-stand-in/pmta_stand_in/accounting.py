"""Accounting files: RFC 4180 CSV with a header line, the union of the columns of the types that the file records."""

import csv
import io
import os
import re
import time

from . import units

FIELDS = (
    'type timeLogged timeQueued timeFirstAttempt totalSecondsQueued orig rcpt orcpt dsnAction dsnStatus dsnDiag dsnMta '
    'bounceCat srcType srcMta dlvType dlvSourceIp dlvDestinationIp dlvEsmtpAvailable dlvSize vmta jobId envId queue vmtaPool'
).split()
QUEUE_FIELDS = (
    'type timeLogged dsnAction dsnStatus dsnDiag dsnMta bounceCat dlvType dlvSourceIp dlvDestinationIp dlvEsmtpAvailable vmta queue'
).split()
RECEIPT_FIELDS = 'type timeLogged timeQueued orig rcpt orcpt srcType srcMta dlvSize vmta jobId envId queue vmtaPool'.split()


class Accounting:
    def __init__(self, acct_files):
        self.files = [AccountingFile(one) for one in acct_files if _is_path(one.target)]
        self.ignored = [one.target.split()[0] for one in acct_files if not _is_path(one.target)]

    def write(self, kind, record):
        for file in self.files:
            if kind in file.spec.records:
                file.write(kind, record)

    def wants_headers(self, kind):
        return any(kind in file.spec.records and file.takes_headers(kind) for file in self.files)

    def care(self):
        """Moves the files whose time has come, and deletes what was moved long ago."""
        for file in self.files:
            file.move_when_due()
            file.delete_old()

    def rotate(self, path=None):
        """The new names of the files moved."""
        return [file.rotate() for file in self.files if path in (None, file.path) and os.path.exists(file.path)]


def _is_path(target):
    return not target.startswith('|') and '/' in target


class AccountingFile:
    def __init__(self, spec):
        self.spec = spec
        self.path = spec.target
        self.columns = self._columns()
        self.max_size = units.size(spec.settings.get('max-size', '250M'))
        self.interval = units.interval(spec.settings.get('move-interval', '1d'))
        self.iso = units.boolean(spec.settings.get('iso-times', 'yes'))

    def _columns(self):
        """FIELDS in their order, then the header fields that were asked for."""
        wanted, extra = set(), []
        for kind in self.spec.records:
            known = {'r': RECEIPT_FIELDS, 'tq': QUEUE_FIELDS}.get(kind, FIELDS)
            for name in self.spec.record_fields.get(kind, ['*']):
                if name == '*':
                    wanted.update(known)
                elif name.startswith('!'):
                    wanted.discard(name[1:])
                elif name.startswith('header_') and name not in extra:
                    extra.append(name)
                elif name in known:
                    wanted.add(name)
        return [name for name in FIELDS if name in wanted or name == 'type'] + extra

    def takes_headers(self, kind):
        named = any(name.startswith('header_') for name in self.spec.record_fields.get(kind, ()))
        return named or any(one == kind for one, *_ in self.spec.header_maps)

    def write(self, kind, record):
        headers = {name.lower(): value for name, value in record.items() if name.startswith('header_')}
        row, mapped = {**record, 'type': kind}, set()
        row.update({name: headers.get(name.lower(), '') for name in self.columns if name.startswith('header_')})
        for name in ('timeLogged', 'timeQueued', 'timeFirstAttempt'):
            if isinstance(row.get(name), (int, float)):
                row[name] = self._time(row[name])
        for one, header, name in self.spec.header_maps:
            if one == kind and name not in mapped and header.lower() in headers:
                row[name] = headers[header.lower()]
                mapped.add(name)
        self.move_when_due()
        new = not os.path.exists(self.path)
        mode = 0o644 if units.boolean(self.spec.settings.get('world-readable', 'no')) else 0o640
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, mode), 'ab') as handle:
            if new:
                handle.write(_line(self.columns))
            handle.write(_line([row.get(name, '') for name in self.columns]))
            if units.boolean(self.spec.settings.get('sync', 'no')):
                handle.flush()
                os.fsync(handle.fileno())

    def _time(self, seconds):
        return time.strftime('%Y-%m-%d %H:%M:%S%z', time.localtime(seconds)) if self.iso else str(int(seconds))

    def move_when_due(self):
        """By size, or at the first moment of another interval of the clock than that of the last record."""
        try:
            state = os.stat(self.path)
        except FileNotFoundError:
            return
        if state.st_size >= self.max_size or _period(state.st_mtime, self.interval) != _period(time.time(), self.interval):
            self.rotate()

    def rotate(self):
        stem, suffix = os.path.splitext(os.path.basename(self.path))
        folder, number = self._moved_to(), 0
        while os.path.exists(name := os.path.join(folder, f'{stem}-{time.strftime("%Y-%m-%d")}-{number:04d}{suffix}')):
            number += 1
        os.rename(self.path, name)
        return name

    def _moved_to(self):
        return self.spec.settings.get('move-to') or os.path.dirname(self.path)

    def delete_old(self):
        """`delete-after` days after its last record a moved file goes; never the one in use."""
        text = self.spec.settings.get('delete-after', '8d').lower()
        if text == 'never':
            return
        stem, suffix = os.path.splitext(os.path.basename(self.path))
        moved = re.compile(rf'{re.escape(stem)}-\d{{4}}-\d\d-\d\d-\d{{4,}}{re.escape(suffix)}')
        for name in os.listdir(self._moved_to()):
            path = os.path.join(self._moved_to(), name)
            if moved.fullmatch(name) and os.path.getmtime(path) < time.time() - units.interval(text):
                os.unlink(path)


def _period(seconds, interval):
    return int((seconds + time.localtime(seconds).tm_gmtoff) // max(1, interval))


def _line(cells):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\r\n').writerow(cells)
    return buffer.getvalue().encode('utf-8', 'replace')
