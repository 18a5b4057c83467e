"""The licence file: ASCII lines `name: value`, CRLF or LF; the check value may go on in one line without a name."""

import re
from datetime import date, datetime

REQUIRED = ('product', 'version', 'expires', 'check')


class LicenceError(Exception):
    pass


def parse(content):
    """{lower-case name: value}. Raises LicenceError; messages never quote a value."""
    try:
        text = content.decode('ascii')
    except UnicodeDecodeError:
        raise LicenceError('the licence is not ASCII text') from None
    fields, last = {}, None
    for number, line in enumerate(text.replace('\r\n', '\n').split('\n'), 1):
        if not line.strip():
            continue
        pair = re.fullmatch(r'\s*([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(.*?)\s*', line)
        if pair:
            last = pair.group(1).lower()
            if last in fields:
                raise LicenceError(f'line {number} repeats the name of an earlier line')
            fields[last] = pair.group(2)
        elif last == 'check' and re.fullmatch(r'\s*[A-Za-z0-9+/=_-]+\s*', line):
            fields['check'] += line.strip()
        else:
            raise LicenceError(f'line {number} is not "name: value"')
    for name in REQUIRED:
        if not fields.get(name):
            raise LicenceError(f'the licence has no {name}')
    if not re.fullmatch(r'\d+(\.\d+)*', fields['version']):
        raise LicenceError('the version of the licence is not a version')
    expires = as_date(fields['expires'])
    if expires and expires < date.today():
        raise LicenceError('the licence has expired')
    return fields


def read(path):
    try:
        with open(path, 'rb') as handle:
            return parse(handle.read())
    except OSError as error:
        raise LicenceError(f'cannot read {path}: {error.strerror}') from None


def as_date(text):
    """A date, or None for a word such as "never"."""
    for form in ('%Y-%m-%d', '%Y/%m/%d', '%Y%m%d', '%d-%b-%Y', '%d %b %Y', '%b %d, %Y', '%m/%d/%Y'):
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None
