"""A received message: its headers, and what the server takes out of them or puts in before it is spooled."""

import re
import secrets
import time
from email.utils import formatdate

FIELD = re.compile(rb'([!-9;-~]+)[ \t]*:(.*(?:\r\n[ \t].*)*)\r\n')


def split(content):
    """([(name, raw body, field bytes)], the rest from the empty line on)."""
    fields, position = [], 0
    while match := FIELD.match(content, position):
        body = re.sub(r'\r\n(?=[ \t])', '', match.group(2).decode('latin-1')).strip(' \t')
        fields.append((match.group(1).decode('latin-1').lower(), body, match.group(0)))
        position = match.end()
    return fields, content[position:]


def first(fields, name):
    return next((body for known, body, _ in fields if known == name.lower()), None)


def prepare(fields, rest, source, received):
    """The message to spool. `received` is the trace field, or b'' for none."""
    dropped = set()
    if source.flag('process-x-virtual-mta') and not source.flag('retain-x-virtual-mta'):
        dropped.add('x-virtual-mta')
    if source.flag('process-x-job') and not source.flag('retain-x-job'):
        dropped.add('x-job')
    if source.flag('process-x-envid'):
        dropped.add('x-envid')
    dropped.update(name.strip().lower() for name in (source.get('remove-header') or '').split(',') if name.strip())
    if source.flag('remove-received-headers'):
        dropped.add('received')
    kept = [field for name, _, field in fields if name not in dropped]
    present = {name for name, _, _ in fields}
    if (source.get('add-date-header') or 'no').lower() in ('yes', 'true') and 'date' not in present:
        kept.insert(0, f'Date: {formatdate(localtime=True)}\r\n'.encode())
    if source.flag('add-message-id-header') and 'message-id' not in present:
        kept.insert(0, f'Message-ID: <{int(time.time())}.{secrets.token_hex(8)}@stand-in.invalid>\r\n'.encode())
    separator = b'' if rest.startswith(b'\r\n') else b'\r\n'
    return received + b''.join(kept) + separator + rest


def job_id(fields, source):
    job = first(fields, 'x-job') if source.flag('process-x-job') else None
    if job is None and source.get('jobid-header'):
        job = first(fields, source.get('jobid-header'))
    return (source.get('jobid-prefix') or '') + job if job else ''


def envelope_id(fields, source, from_command):
    return (first(fields, 'x-envid') if source.flag('process-x-envid') else None) or from_command
