"""A message that came in over SMTP: which reports it brings, which virtual MTA takes it, and what is spooled."""

import time
from email.utils import formatdate

from . import __version_text__, domains, message
from .routing import Envelope


def accept(session, content):
    """The identity of the spooled message; a report that is only read is spooled nowhere."""
    left = session.server.read_reports(session.recipients, content, f'{session.helo} ({session.peer})')
    if not left:
        return 'a report'
    fields, rest = message.split(content)
    headers = tuple((name, body) for name, body, _ in fields)
    envelope = Envelope(session.mail_from, tuple(session.recipients), headers)
    route = session.server.router.choose(session.config, session.source, envelope, session.local)
    vmta = session.config.vmtas.get(route.vmta)
    hosts = vmta.source_hosts if vmta and vmta.source_hosts else []
    now = time.time()
    recipients = [
        {'address': one, 'queue': f'{domains.queue_domain(session.config, one.rpartition("@")[2], route.vmta)}/{route.vmta}'}
        for one in left
    ]
    spooled = message.prepare(fields, rest, session.source, _received(session))
    metadata = {
        'timeQueued': now,
        'mailFrom': session.mail_from,
        'recipients': recipients,
        'vmta': route.vmta,
        'vmtaPool': route.pool or '',
        'priority': route.priority,
        'sourceHosts': [list(one) for one in hosts],
        'jobId': message.job_id(fields, session.source),
        'envId': message.envelope_id(fields, session.source, session.envelope_id),
        'srcMta': f'{session.helo} ({session.peer})',
        'srcType': 'smtp',
        'user': session.user.name if session.user else None,
        'size': len(spooled),
    }
    return session.server.accept(spooled, metadata, fields)


def _received(session):
    if not session.source.flag('add-received-header'):
        return b''
    origin = '' if session.source.flag('hide-message-source') else f'from {session.helo} ([{session.peer}]) '
    protocol = 'ESMTP' + ('S' if session.tls else '') + ('A' if session.user else '')
    line = f'Received: {origin}by {session.config.host_name} ({__version_text__}) with {protocol};\r\n\t{formatdate(localtime=True)}\r\n'
    return line.encode('latin-1', 'replace')
